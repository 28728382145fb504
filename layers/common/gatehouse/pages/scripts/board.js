// How tasks look.
