"""Password rules, and password hashes.

New hashes are Argon2id. Those of imported users are verified as well, and replaced at the user's next sign-in.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache

import argon2

from gatehouse.accounts import legacy
from gatehouse.config import config
from gatehouse.errors import PasswordTooLong, PasswordTooShort, WeakPassword

_MAX_LENGTH = 128
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # 19 MiB


def check_new_password(password: str, *personal: str) -> None:
    """Raise PasswordTooShort, PasswordTooLong, or WeakPassword for one that is easy to guess, also for who knows the
    texts in `personal`.
    """
    from gatehouse.accounts.weak_passwords import is_weak  # noqa: PLC0415 -- not for those who only check passwords

    if length(password) < config().minimum_password_length:
        raise PasswordTooShort
    check_length(password)
    if is_weak(password, (config().product_name, *personal)):
        raise WeakPassword


def check_length(password: str) -> None:
    """Raise PasswordTooLong, before anything is hashed."""
    if length(password) > _MAX_LENGTH:
        raise PasswordTooLong


def hash_password(password: str) -> str:
    """Return the hash to store, in PHC format. Composed and decomposed spellings of a password hash alike (NFKC)."""
    return _hasher.hash(_normalized(password))


def is_correct(password: str, stored: str | None) -> bool:
    """Whether `password` matches `stored`; without a stored hash False, after the same work."""
    if stored and not is_current(stored):
        return legacy.is_correct(password, stored)
    try:
        return _hasher.verify(stored or _dummy_hash(), _normalized(password)) and bool(stored)
    except argon2.exceptions.VerificationError:
        return False


def is_current(stored: str) -> bool:
    """Whether a stored hash has today's algorithm and parameters."""
    try:
        return not _hasher.check_needs_rehash(stored)
    except argon2.exceptions.InvalidHashError:
        return False


def length(text: Iterable[str]) -> int:
    """Return the length in UTF-16 code units, as browsers count."""
    return len("".join(text).encode("utf-16-le", "surrogatepass")) // 2


def _normalized(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _dummy_hash() -> str:
    return _hasher.hash("nobody")
