"""The second factor as the API shows it."""
