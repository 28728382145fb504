"""Signing in by an OpenID Connect provider, and the accounts there that people come in by.

Only the functions about this import anything of it. What talks to a provider, checks its tokens or opens sealed ones is
a module of its own each, for those who do that.
"""
