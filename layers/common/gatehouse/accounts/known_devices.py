"""What a browser keeps to show that somebody signed in with an address there before: the address's hash and a MAC."""

import hmac
from collections.abc import Iterable

from gatehouse import keys, throttle


def device_proof(email: str) -> str:
    """Return the value for the browser to keep."""
    value = throttle.pseudonym(email)
    return f"{value}.{keys.mac(keys.DEVICE, value.encode()).hex()}"


def is_known_device(proofs: Iterable[str], email: str) -> bool:
    """Whether one of `proofs` is such a value for this address, by the cached keyring."""
    return any(_is_device_proof(text, email) for text in proofs)


def _is_device_proof(text: str, email: str) -> bool:
    value, _, mac = text.partition(".")
    if not hmac.compare_digest(value.encode(), throttle.pseudonym(email).encode()):
        return False
    return keys.matches(keys.DEVICE, value.encode(), bytes.fromhex(mac) if _is_hex(mac) else b"")


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)  # noqa: PLR2004 -- 32 bytes
