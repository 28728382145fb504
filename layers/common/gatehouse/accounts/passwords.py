"""Password rules, and password hashes.

Hashes are Argon2id. Those of imported users are Argon2id over the hash of another system, and replaced at the user's
next sign-in.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from hmac import compare_digest

import argon2

from gatehouse import base64url
from gatehouse.accounts import legacy
from gatehouse.config import config
from gatehouse.errors.accounts import PasswordTooLong, PasswordTooShort, WeakPassword

_MAX_LENGTH = 128
_URL_SAFE = str.maketrans("+/", "-_")
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


def hash_new_password(password: str, *, like: str | None = None) -> str:
    """Return the hash of a password that is to be set; raises PasswordCompromised for one from a breach.

    With the salt of `like`, if that is a hash of ours: they are equal if the passwords are, which costs no second hash.
    """
    from gatehouse.accounts.breached_passwords import check_not_breached  # noqa: PLC0415 -- as above

    check_not_breached(password)
    return hash_password(password, salt=_salt(like) if like and is_current(like) else None)


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """Return the hash to store, in PHC format. Composed and decomposed spellings of a password hash alike (NFKC)."""
    return _hasher.hash(_normalized(password), salt=salt)


def is_correct(password: str, stored: str | None) -> bool:
    """Whether `password` matches `stored`, after one Argon2id whatever is stored; without a stored hash False.

    Before that a hash of another system has its own work (`imported_hashes`), for each spelling of the password.
    """
    if foreign := foreign_hash(stored):
        return any(_is_correct_there(spelling, foreign) for spelling in legacy.spellings(password))
    ours = stored if stored and is_current(stored) else None
    return _verify(ours or _dummy_hash(), _normalized(password)) and ours is not None


def foreign_hash(stored: str | None) -> legacy.ForeignHash | None:
    """Return the hash of another system that a stored one is, or wraps."""
    return legacy.parse(stored) if stored and not is_current(stored) else None


def wrap_hash(stored: str) -> str:
    """Return what to store for an imported hash: our own hash of another system's, unless that is Argon2, too."""
    foreign = foreign_hash(stored)
    if not foreign or foreign.wrapped or foreign.is_argon2:
        return stored
    return legacy.wrap(foreign, _hasher.hash(foreign.digest.encode()))


def is_current(stored: str) -> bool:
    """Whether a stored hash has today's algorithm and parameters."""
    try:
        return not _hasher.check_needs_rehash(stored)
    except argon2.exceptions.InvalidHashError:
        return False


def length(text: Iterable[str]) -> int:
    """Return the length in UTF-16 code units, as browsers count."""
    return len("".join(text).encode("utf-16-le", "surrogatepass")) // 2


def _is_correct_there(password: str, foreign: legacy.ForeignHash) -> bool:
    digest = foreign.digest_of(password)
    if foreign.wrapped:
        return _verify(foreign.wrapped, digest.encode())
    _verify(_dummy_hash(), digest.encode())
    return compare_digest(digest, foreign.digest)


def _verify(stored: str, secret: bytes) -> bool:
    try:
        return _hasher.verify(stored, secret)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _salt(stored: str) -> bytes:
    return base64url.decode(stored.split("$")[-2].translate(_URL_SAFE))


def _normalized(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _dummy_hash() -> str:
    return _hasher.hash("nobody")
