"""Passkeys: credentials of WebAuthn with which a user signs in without a password.

`cbor2` and `cryptography` are slow to import, so only the functions of passkeys import these modules.
"""
