"""Time-based one-time passwords: RFC 6238 with SHA-1, six digits and steps of 30 seconds, as all apps support them."""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

DIGITS, PERIOD = 6, 30  # seconds
_SECRET_SIZE = 20  # bytes, as RFC 4226 recommends
_WINDOW = 1  # steps before and after the current one
_SIGN = 0x7FFF_FFFF


def new_secret() -> bytes:
    """Return a random secret of 20 bytes."""
    return secrets.token_bytes(_SECRET_SIZE)


def encode_secret(secret: bytes) -> str:
    """Return a secret as people type it into an app: base32 without padding."""
    return b32encode(secret).decode().rstrip("=")


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step: RFC 4226, 5.3."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4]) & _SIGN
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """Return the step whose code this is: the current one or a neighbour, but none up to `after`, the last one used."""
    current = int(now.timestamp()) // PERIOD
    steps = range(max(current - _WINDOW, after + 1), current + _WINDOW + 1)
    matching = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), code.encode())]
    return max(matching, default=None)


def key_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """Return the URI that apps read from a QR code: https://github.com/google/google-authenticator/wiki/Key-Uri-Format."""
    query = {"secret": encode_secret(secret), "issuer": issuer, "digits": DIGITS, "period": PERIOD}
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{urlencode(query)}"
