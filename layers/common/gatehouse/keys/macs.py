"""Message authentication codes: one key per use; any trusted version verifies."""

import hmac

from gatehouse import clock
from gatehouse.config import is_snapstart_init
from gatehouse.keys.keyring import current_keyring, open_connection, refresh
from gatehouse.keys.secret import derived_key

MAIL = b"gatehouse mailed token"
COOKIE = b"gatehouse cookie"
CACHE = b"gatehouse cached session"
REFRESH = b"gatehouse refresh token"
DEVICE = b"gatehouse known device"
UNSUBSCRIBE = b"gatehouse unsubscription"
CODE = b"gatehouse mailed code"
CHALLENGE = b"gatehouse passkey challenge"
_SIZE = 32  # bytes
_REFRESH_INTERVAL = 10  # seconds

_last_refresh = float("-inf")


def warm_up() -> None:
    """Read the keyring and the secret before the first request, but not for a snapshot, which must not contain them."""
    if is_snapstart_init():
        open_connection()
    else:
        derived_key(current_keyring().newest, COOKIE)


def mac(label: bytes, message: bytes) -> bytes:
    """Return the HMAC-SHA256 of `message`, 32 bytes, with the newest key for `label`."""
    return _mac(current_keyring().newest, label, message)


def trusted_macs(label: bytes, message: bytes) -> list[bytes]:
    """Return the HMACs of `message` with every trusted key for `label`, the newest first."""
    return [_mac(version, label, message) for version in current_keyring().versions]


def matches(label: bytes, message: bytes, given: bytes, *, size: int = _SIZE) -> bool:
    """Whether `given` is the MAC of `message`, or its first `size` bytes, by a trusted key of the cached keyring."""
    return any(hmac.compare_digest(mac[:size], given) for mac in trusted_macs(label, message))


def matches_latest(label: bytes, message: bytes, given: bytes, *, size: int = _SIZE) -> bool:
    """As `matches`, but read the keyring again on failure, at most every ten seconds, for a newer version."""
    global _last_refresh  # noqa: PLW0603 -- one for the process
    if matches(label, message, given, size=size):
        return True
    if clock.monotonic() - _last_refresh < _REFRESH_INTERVAL:
        return False
    refresh()
    _last_refresh = clock.monotonic()
    return matches(label, message, given, size=size)


def _mac(version: str, label: bytes, message: bytes) -> bytes:
    return hmac.digest(derived_key(version, label), message, "sha256")
