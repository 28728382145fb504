"""Codes to type from a mail: six digits, derived with the secret from the row's nonce, and stored nowhere."""

import hmac

from gatehouse import keys
from gatehouse.tokens.table import TokenRow

_DIGITS = 6


def derive_code(row: TokenRow) -> str:
    """Return the code for the row's mail."""
    return _digits(keys.mac(keys.CODE, _message(row)))


def is_code(row: TokenRow, code: str) -> bool:
    """Whether this is the code of a row, by a trusted key of the cached keyring."""
    derived = [_digits(mac) for mac in keys.trusted_macs(keys.CODE, _message(row))]
    return any(hmac.compare_digest(own.encode(), code.encode()) for own in derived)


def _digits(mac: bytes) -> str:
    return f"{int.from_bytes(mac) % 10**_DIGITS:0{_DIGITS}}"


def _message(row: TokenRow) -> bytes:
    return b"\0".join((row.purpose.encode(), row.subject.encode(), row.nonce))
