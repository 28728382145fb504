"""Signed texts, `text.signature`, as better-auth's cookies carry them: an HMAC-SHA256 in padded base64."""

from base64 import b64decode, b64encode
from typing import NamedTuple

from gatehouse.keys.macs import COOKIE, mac, matches, matches_latest

_SIGNATURE_SIZE = 32  # bytes


class SignedText(NamedTuple):
    """A text and its signature, which may be wrong."""

    text: str
    signature: bytes

    def is_authentic(self) -> bool:
        """Whether a trusted key of the cached keyring signed it."""
        return matches(COOKIE, self.text.encode(), self.signature)

    def is_authentic_now(self) -> bool:
        """The same; a failure reads the keyring again, at most every ten seconds, for a newer key."""
        return matches_latest(COOKIE, self.text.encode(), self.signature)


def sign(text: str) -> str:
    """Return a text with its signature."""
    return f"{text}.{b64encode(mac(COOKIE, text.encode())).decode()}"


def parse_signed(signed: str) -> SignedText:
    """Return both parts of a signed text; raises ValueError for another form."""
    text, _, encoded = signed.rpartition(".")
    signature = b64decode(encoded, validate=True)
    if len(signature) != _SIGNATURE_SIZE:
        raise ValueError("this is no signature")
    return SignedText(text, signature)
