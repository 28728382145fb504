"""Password hashes of other systems, for imported users: bcrypt, better-auth's scrypt, Django's PBKDF2, other Argon2.

Those that are not Argon2 are stored wrapped: with the salt and parameters that they had, and in place of their digest
our own hash of it. Earlier versions stored them as they came.
"""

import hashlib
import re
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

_BCRYPT_LONGEST = 72  # bytes; bcrypt ignores the rest
_BCRYPT_LOWEST = 4  # of its cost parameters
_ANY_SALT = "O" * 22  # one that all of them take
_JOINT = "$"  # before our own hash, which begins with another
_FORMATS = [
    re.compile(pattern)
    for pattern in (
        r"(?P<parameters>\$2[aby]\$(?P<log_cost>0[4-9]|[12]\d|3[01])\$(?P<salt>[./A-Za-z0-9]{22}))(?P<digest>[./A-Za-z0-9]{31})?",
        r"(?P<parameters>(?P<salt>[0-9a-f]{32}))(?::(?P<digest>[0-9a-f]{128}))?",
        r"(?P<parameters>(?P<kind>pbkdf2_sha(?:1|256))\$(?P<cost>[1-9]\d{0,6})\$(?P<salt>[^$]+))(?:\$(?P<digest>[A-Za-z0-9+/=]+))?",
        r"(?P<parameters>\$(?P<kind>argon2(?:id|i|d)\$(?:v=\d+\$)?m=\d+,t=\d+,p=\d+)\$(?P<salt>[A-Za-z0-9+/]+))\$(?P<digest>[A-Za-z0-9+/]+)",
    )
]
_ARGON2 = re.compile(r"(argon2(?:id|i|d))\$(?:v=(\d+)\$)?m=(\d+),t=(\d+),p=(\d+)")
_HIGHEST_COSTS = {"bcrypt": 2**15, "scrypt": 1, "pbkdf2_sha1": 5_000_000, "pbkdf2_sha256": 5_000_000}  # seconds each
_HIGHEST_ARGON2 = 2**19  # KiB times passes: the same


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignHash:
    """A hash of another system: its digest, or instead of that our hash of it."""

    kind: str  # with Argon2, all parameters
    cost: int  # a check with twice the cost takes twice as long
    salt: str
    parameters: str
    digest: str = field(repr=False)
    wrapped: str = field(repr=False)

    def digest_of(self, password: str) -> str:
        """Return the digest that the other system would have stored for a password."""
        length = len(self.digest) * 3 // 4
        return _digest(self.kind, self.cost, self.salt, password, length)

    @property
    def is_argon2(self) -> bool:
        """Whether it is Argon2, at other costs than ours."""
        return self.kind.startswith("argon2")

    @property
    def is_too_costly(self) -> bool:
        """Whether a check would take more than a few seconds, or much memory."""
        if self.kind in _HIGHEST_COSTS:
            return self.cost > _HIGHEST_COSTS[self.kind]
        *_, memory, passes, _ = _argon2(self.kind)
        return memory * passes > _HIGHEST_ARGON2


def parse(stored: str) -> ForeignHash | None:
    """Return the parts of a stored hash; None when it is of no supported format."""
    before, joint, ours = stored.rpartition(_JOINT * 2)
    for pattern in _FORMATS:
        match = pattern.fullmatch(before if joint else stored)
        if match and bool(match["digest"]) != bool(joint):
            found = match.groupdict()
            cost = 2 ** int(found["log_cost"]) if "log_cost" in found else int(found.get("cost", 1))
            return ForeignHash(
                kind=found.get("kind") or ("bcrypt" if "log_cost" in found else "scrypt"),
                cost=cost,
                salt=found["salt"],
                parameters=found["parameters"],
                digest=found["digest"] or "",
                wrapped=joint and _JOINT + ours,
            )
    return None


def wrap(foreign: ForeignHash, ours: str) -> str:
    """Return what to store for a hash, given our own hash of its digest."""
    return f"{foreign.parameters}{_JOINT}{ours}"


def spellings(password: str) -> list[str]:
    """Return a password as it was given and in NFKC form: systems differ in which of them they hash."""
    return list(dict.fromkeys((password, unicodedata.normalize("NFKC", password))))


def work(kind: str, cost: int, password: str) -> None:
    """Do the work of a check of that kind and cost, for nothing; costs add up."""
    if kind == "bcrypt":
        for log_cost in range(_BCRYPT_LOWEST, cost.bit_length()):
            if cost >> log_cost & 1:
                _digest(kind, 2**log_cost, _ANY_SALT, password)
    elif cost > 0:
        _digest(kind, cost, _ANY_SALT, password)


def _digest(kind: str, cost: int, salt: str, password: str, length: int = 32) -> str:
    text = password.encode("utf-8", "surrogatepass")
    if kind == "bcrypt":
        return _bcrypt(text, cost, salt)
    if kind == "scrypt":  # as better-auth: the salt is the hex text itself
        return hashlib.scrypt(text, salt=salt.encode(), n=16_384, r=16, p=1, dklen=64, maxmem=64 * 1024 * 1024).hex()
    if kind.startswith("pbkdf2_"):
        return b64encode(hashlib.pbkdf2_hmac(kind.removeprefix("pbkdf2_"), text, salt.encode(), cost)).decode()
    return _other_argon2(text, kind, salt, length)


def _bcrypt(password: bytes, cost: int, salt: str) -> str:
    import bcrypt  # noqa: PLC0415 -- only for imported users who have not signed in yet

    parameters = f"$2b${cost.bit_length() - 1:02}${salt}"
    try:
        return bcrypt.hashpw(password[:_BCRYPT_LONGEST], parameters.encode()).decode().removeprefix(parameters)
    except ValueError:  # the format is right, the salt is not
        return ""


def _other_argon2(password: bytes, kind: str, salt: str, length: int) -> str:
    from argon2 import exceptions, low_level  # noqa: PLC0415 -- the same

    name, version, memory, passes, lanes = _argon2(kind)
    try:
        salt_bytes = b64decode(salt + "=" * (-len(salt) % 4))
        digest = low_level.hash_secret_raw(
            password, salt_bytes, passes, memory, lanes, length, low_level.Type[name[6:].upper()], version
        )
    except (exceptions.HashingError, ValueError, OverflowError):  # the format is right, the values are not
        return ""
    return b64encode(digest).decode().rstrip("=")


def _argon2(kind: str) -> tuple[str, int, int, int, int]:
    """Return type, version, KiB of memory, passes and lanes."""
    match = _ARGON2.fullmatch(kind)
    if not match:
        raise ValueError(kind)
    return match[1], int(match[2] or 16), int(match[3]), int(match[4]), int(match[5])
