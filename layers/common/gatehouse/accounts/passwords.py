"""Passwords: how long they are, and the Argon2id hashes that are kept of them."""

import unicodedata
from functools import cache

import argon2

from gatehouse.errors import PasswordTooLong, PasswordTooShort

_SHORTEST, _LONGEST = 8, 128
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # 19 MiB


def check_length(password: str) -> None:
    """Raises PasswordTooShort or PasswordTooLong."""
    if _length(password) < _SHORTEST:
        raise PasswordTooShort
    check_not_too_long(password)


def check_not_too_long(password: str) -> None:
    """Raises PasswordTooLong, before anything is hashed."""
    if _length(password) > _LONGEST:
        raise PasswordTooLong


def hash_password(password: str) -> str:
    """The hash to keep, in PHC format. Composed and decomposed spellings of a password hash alike (NFKC)."""
    return _hasher.hash(_normal(password))


def is_correct(password: str, stored: str | None) -> bool:
    """Whether `password` is behind `stored`; without a stored hash, no, after the same work."""
    try:
        return _hasher.verify(stored or _nobodys_hash(), _normal(password)) and bool(stored)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _length(password: str) -> int:
    """UTF-16 code units, as browsers count."""
    return len(password.encode("utf-16-le", "surrogatepass")) // 2


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody")
