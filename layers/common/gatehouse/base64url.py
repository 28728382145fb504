"""base64url without padding (RFC 4648, 5)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


def encode(data: bytes) -> str:
    """Return `data` as base64url."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url; raises ValueError for another form. Several texts may stand for the same bytes."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
