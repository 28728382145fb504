// The button.
