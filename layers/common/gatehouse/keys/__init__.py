"""Keys: derived from one secret, whose trusted versions the keyring names."""

from gatehouse.keys.keyring import Keyring, KeyringRow, current, keep_up, keyring_key, look_at_nothing, observe, reread
from gatehouse.keys.macs import CACHE, COOKIE, DEVICE, MAIL, REFRESH, look_ahead, mac, matches, matches_now

__all__ = [
    "CACHE",
    "COOKIE",
    "DEVICE",
    "MAIL",
    "REFRESH",
    "Keyring",
    "KeyringRow",
    "current",
    "keep_up",
    "keyring_key",
    "look_ahead",
    "look_at_nothing",
    "mac",
    "matches",
    "matches_now",
    "observe",
    "reread",
]
