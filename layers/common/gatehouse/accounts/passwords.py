"""Passwords: which may be chosen, and the hashes that are kept of them.

New hashes are Argon2id. Those of imported users verify, too, and are replaced when their owner signs in.
"""

import gzip
import unicodedata
from functools import cache
from pathlib import Path

import argon2

from gatehouse.accounts import legacy
from gatehouse.config import config
from gatehouse.errors import PasswordTooLong, PasswordTooShort, WeakPassword

_LONGEST = 128
_COMMON = Path(__file__).with_name("common_passwords.txt.gz")
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # 19 MiB


def check_choice(password: str, *known: str) -> None:
    """Raises PasswordTooShort, PasswordTooLong, or WeakPassword for one that many have, or that is in `known`."""
    if _length(password) < config().minimum_password_length:
        raise PasswordTooShort
    check_not_too_long(password)
    folded = unicodedata.normalize("NFKC", password).casefold()
    obvious = {name.casefold() for text in known for name in (text, text.partition("@")[0])}
    if f"\n{folded}\n" in _common() or folded in obvious | {config().product_name.casefold()}:
        raise WeakPassword


def check_not_too_long(password: str) -> None:
    """Raises PasswordTooLong, before anything is hashed."""
    if _length(password) > _LONGEST:
        raise PasswordTooLong


def hash_password(password: str) -> str:
    """The hash to keep, in PHC format. Composed and decomposed spellings of a password hash alike (NFKC)."""
    return _hasher.hash(_normal(password))


def is_correct(password: str, stored: str | None) -> bool:
    """Whether `password` is behind `stored`; without a stored hash, no, after the same work."""
    if stored and not is_current(stored):
        return legacy.is_correct(password, stored)
    try:
        return _hasher.verify(stored or _nobodys_hash(), _normal(password)) and bool(stored)
    except argon2.exceptions.VerificationError:
        return False


def is_current(stored: str) -> bool:
    """Whether a stored hash is one that we would make today."""
    try:
        return not _hasher.check_needs_rehash(stored)
    except argon2.exceptions.InvalidHashError:
        return False


def _length(password: str) -> int:
    """UTF-16 code units, as browsers count."""
    return len(password.encode("utf-16-le", "surrogatepass")) // 2


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody")


@cache
def _common() -> str:
    """What people choose most, from zxcvbn's list, a line for each; `make passwords` makes the file.

    It is searched as it is: to make a set of the lines would take three times what reading them does.
    """
    return f"\n{gzip.decompress(_COMMON.read_bytes()).decode()}\n"
