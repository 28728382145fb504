"""Keys, derived from one secret; the keyring names its trusted versions."""

from gatehouse.keys.keyring import (
    Keyring,
    KeyringRow,
    current_keyring,
    keyring_key,
    open_connection,
    refresh,
    refresh_if_stale,
    update_cache,
)
from gatehouse.keys.macs import CACHE, COOKIE, DEVICE, MAIL, REFRESH, UNSUBSCRIBE, mac, matches, matches_latest, warm_up
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
    "matches_latest",
    "open_connection",
    "parse_signed",
    "refresh",
    "refresh_if_stale",
    "sign",
    "update_cache",
    "warm_up",
]
