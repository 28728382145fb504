"""Password hashes of other systems, for imported users: bcrypt, better-auth's scrypt, Django's pbkdf2."""

import hashlib
import hmac
import re
import unicodedata
from base64 import b64encode

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")
_BCRYPT_LONGEST = 72  # bytes; bcrypt ignores the rest
_SCRYPT = re.compile(r"(?P<salt>[0-9a-f]{32}):(?P<key>[0-9a-f]{128})")
_PBKDF2 = re.compile(
    r"pbkdf2_(?P<digest>sha1|sha256)\$(?P<rounds>[1-9]\d{0,6})\$(?P<salt>[^$]+)\$(?P<key>[A-Za-z0-9+/=]+)"
)
_ARGON2 = re.compile(r"\$argon2(id|i|d)\$\S+")


def is_known(stored: str) -> bool:
    """Whether a stored hash has a supported format."""
    return any(form.fullmatch(stored) for form in (_ARGON2, _BCRYPT, _SCRYPT, _PBKDF2))


def is_correct(password: str, stored: str) -> bool:
    """Whether `password` matches a hash of another system; False for an unsupported format."""
    if _ARGON2.fullmatch(stored):
        return _argon2(password, stored)
    if _BCRYPT.fullmatch(stored):
        return _bcrypt(password, stored)
    if match := _SCRYPT.fullmatch(stored):
        return hmac.compare_digest(_scrypt(password, match["salt"]), match["key"])
    if match := _PBKDF2.fullmatch(stored):
        key = hashlib.pbkdf2_hmac(match["digest"], _bytes(password), match["salt"].encode(), int(match["rounds"]))
        return hmac.compare_digest(b64encode(key).decode(), match["key"])
    return False


def _argon2(password: str, stored: str) -> bool:
    import argon2  # noqa: PLC0415 -- for parameters other than ours

    try:
        return argon2.PasswordHasher().verify(stored, _bytes(unicodedata.normalize("NFKC", password)))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _bcrypt(password: str, stored: str) -> bool:
    import bcrypt  # noqa: PLC0415 -- only for imported users who have not signed in yet

    try:
        correct: bool = bcrypt.checkpw(_bytes(password)[:_BCRYPT_LONGEST], stored.encode())
    except ValueError:  # the format is right, the salt is not
        return False
    return correct


def _scrypt(password: str, salt: str) -> str:
    """As better-auth: N=16384, r=16, p=1 over the NFKC form; the salt is the hex text itself."""
    normal = unicodedata.normalize("NFKC", password)
    return hashlib.scrypt(
        _bytes(normal), salt=salt.encode(), n=16_384, r=16, p=1, dklen=64, maxmem=64 * 1024 * 1024
    ).hex()


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
