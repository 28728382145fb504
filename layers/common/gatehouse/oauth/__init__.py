"""Sign-in with OpenID Connect providers, and linked accounts.

Only the functions about this import it. What calls a provider, verifies its tokens or decrypts stored ones is a module
of its own, for the functions that need it.
"""
