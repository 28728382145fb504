"""Keys: derived from one secret, whose trusted versions the keyring names."""

from gatehouse.keys.keyring import Keyring, KeyringRow, current, keep_up, key_of_nothing, keyring_key, observe, reread
from gatehouse.keys.macs import CACHE, COOKIE, DEVICE, MAIL, REFRESH, mac, matches, matches_now

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
    "key_of_nothing",
    "keyring_key",
    "mac",
    "matches",
    "matches_now",
    "observe",
    "reread",
]
