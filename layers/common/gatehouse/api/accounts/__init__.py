"""Accounts: users, their sign-in methods, mailed links, export and deletion, as the API shows them."""
