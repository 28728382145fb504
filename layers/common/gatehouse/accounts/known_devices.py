"""What a browser keeps to show that somebody signed in with an address there before: the address's hash and a MAC."""

import hmac

from gatehouse import keys, throttle


def device_proof(email: str) -> str:
    """Return the value for the browser to keep."""
    value = throttle.pseudonym(email)
    return f"{value}.{keys.mac(keys.DEVICE, value.encode()).hex()}"


def is_device_proof(text: str, email: str) -> bool:
    """Whether `text` is such a value for this address."""
    value, _, mac = text.partition(".")
    if not hmac.compare_digest(value.encode(), throttle.pseudonym(email).encode()):
        return False
    return keys.matches_latest(keys.DEVICE, value.encode(), bytes.fromhex(mac) if _is_hex(mac) else b"")


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)  # noqa: PLR2004 -- 32 bytes
