"""Sign-in with providers, as the API shows it."""
