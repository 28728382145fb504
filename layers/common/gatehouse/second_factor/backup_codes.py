"""Backup codes: ten, each for one sign-in without the other factor. Only their HMACs are stored."""

import secrets
from string import ascii_letters, digits

COUNT = 10
_ALPHABET = ascii_letters + digits
_HALF = 5  # characters; the whole code has 59 bits


def new_backup_codes() -> list[str]:
    """Return ten new codes, such as `aB3dE-9xYz0`."""
    return [f"{_half()}-{_half()}" for _ in range(COUNT)]


def _half() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_HALF))
