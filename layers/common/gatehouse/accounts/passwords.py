"""Password rules, and password hashes.

New hashes are Argon2id. Those of imported users are verified as well, and replaced at the user's next sign-in.
"""

import gzip
import unicodedata
from functools import cache
from pathlib import Path

import argon2

from gatehouse.accounts import legacy
from gatehouse.config import config
from gatehouse.errors import PasswordTooLong, PasswordTooShort, WeakPassword

_MAX_LENGTH = 128
_COMMON = Path(__file__).with_name("common_passwords.txt.gz")
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # 19 MiB


def check_new_password(password: str, *personal: str) -> None:
    """Raise PasswordTooShort, PasswordTooLong, or WeakPassword for a common one or one of the texts in `personal`."""
    if _length(password) < config().minimum_password_length:
        raise PasswordTooShort
    check_length(password)
    folded = unicodedata.normalize("NFKC", password).casefold()
    guessable = {name.casefold() for text in personal for name in (text, text.partition("@")[0])}
    if f"\n{folded}\n" in _common_passwords() or folded in guessable | {config().product_name.casefold()}:
        raise WeakPassword


def check_length(password: str) -> None:
    """Raise PasswordTooLong, before anything is hashed."""
    if _length(password) > _MAX_LENGTH:
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


def _length(password: str) -> int:
    """Return the length in UTF-16 code units, as browsers count."""
    return len(password.encode("utf-16-le", "surrogatepass")) // 2


def _normalized(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _dummy_hash() -> str:
    return _hasher.hash("nobody")


@cache
def _common_passwords() -> str:
    """Return the most common passwords, from zxcvbn's list, one a line; `make passwords` writes the file.

    It is searched as text: building a set of the lines takes three times as long as reading them.
    """
    return f"\n{gzip.decompress(_COMMON.read_bytes()).decode()}\n"
