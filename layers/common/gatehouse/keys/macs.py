"""Message authentication codes: one key for each use, any trusted version verifies."""

import hmac

from gatehouse import clock
from gatehouse.config import is_for_a_snapshot
from gatehouse.keys.keyring import current, look_at_nothing, reread
from gatehouse.keys.secret import derived_key

MAIL = b"gatehouse mailed token"
COOKIE = b"gatehouse cookie"
CACHE = b"gatehouse cached session"
REFRESH = b"gatehouse refresh token"
DEVICE = b"gatehouse known device"
_SECOND_LOOKS = 30  # seconds between two

_last_look = float("-inf")


def look_ahead() -> None:
    """Read the keyring and the secret before they are needed, but not into a snapshot, which would outlive them."""
    if is_for_a_snapshot():
        look_at_nothing()
    else:
        derived_key(current().newest, COOKIE)


def mac(label: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 of `message`, 32 bytes, with the newest key for `label`."""
    return _mac(current().newest, label, message)


def matches(label: bytes, message: bytes, given: bytes) -> bool:
    """Whether `given` is the mac of `message` by a key that is trusted, as far as this process has seen."""
    return any(hmac.compare_digest(_mac(version, label, message), given) for version in current().versions)


def matches_now(label: bytes, message: bytes, given: bytes) -> bool:
    """The same with a second look at the keyring, at most every 30 seconds, in case a newer version made it."""
    global _last_look  # noqa: PLW0603 -- one for the process
    if matches(label, message, given):
        return True
    if clock.monotonic() - _last_look < _SECOND_LOOKS:
        return False
    reread()
    _last_look = clock.monotonic()
    return matches(label, message, given)


def _mac(version: str, label: bytes, message: bytes) -> bytes:
    return hmac.digest(derived_key(version, label), message, "sha256")
