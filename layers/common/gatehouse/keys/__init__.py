"""Keys, derived from one secret; the keyring names its trusted versions."""

from gatehouse.keys.keyring import (
    Keyring,
    KeyringRow,
    current_keyring,
    keyring_key,
    not_before,
    open_connection,
    refresh,
    refresh_if_stale,
    stale_keyring_key,
    update_cache,
)
from gatehouse.keys.macs import CACHE, COOKIE, DEVICE, MAIL, REFRESH, UNSUBSCRIBE, mac, matches, warm_up
from gatehouse.keys.signed_text import SignedText, parse_signed, sign

__all__ = [
    "CACHE",
    "COOKIE",
    "DEVICE",
    "MAIL",
    "REFRESH",
    "UNSUBSCRIBE",
    "Keyring",
    "KeyringRow",
    "SignedText",
    "current_keyring",
    "keyring_key",
    "mac",
    "matches",
    "not_before",
    "open_connection",
    "parse_signed",
    "refresh",
    "refresh_if_stale",
    "sign",
    "stale_keyring_key",
    "update_cache",
    "warm_up",
]
