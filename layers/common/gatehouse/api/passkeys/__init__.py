"""Passkeys, as the API shows them."""
