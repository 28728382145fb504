"""Passkeys: their values and limits (https://www.w3.org/TR/webauthn-3/)."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from gatehouse import base64url
from gatehouse.accounts.model import check_one_line

MAX_PASSKEYS = 20  # of a user: all are removed in one transaction, together with what else lets in
EDDSA, ES256, RS256 = -8, -7, -257  # COSE's numbers
ALGORITHMS = (EDDSA, ES256, RS256)  # the preferred one first
TIMEOUT = 60_000  # milliseconds that a browser waits for the user
_LONGEST_NAME = 64
_LONGEST_ID = 1023  # bytes of a credential id

PasskeyName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=_LONGEST_NAME), AfterValidator(check_one_line)
]
Attachment = Literal["platform", "cross-platform"]


class InvalidResponse(Exception):
    """A response of an authenticator is not acceptable; the message says why, for the log."""


class Ceremony(StrEnum):
    """What a challenge is for; the value is the type in the client data."""

    REGISTRATION = "webauthn.create"
    AUTHENTICATION = "webauthn.get"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """For whom passkeys are made: a domain, and the origins whose pages may use them."""

    id: str
    origins: tuple[str, ...]


def passkey_id(credential_id: bytes) -> str:
    """Return the id of a passkey, which has one length whatever that of the credential id."""
    return base64url.encode(sha256(credential_id).digest())


def check_credential_id(credential_id: bytes) -> bytes:
    """Return a credential id; raises InvalidResponse for an empty one, and one that is too long."""
    if not 0 < len(credential_id) <= _LONGEST_ID:
        raise InvalidResponse("length of the credential id")
    return credential_id


def decode(text: str) -> bytes:
    """Return the bytes of base64url in its only form; raises InvalidResponse."""
    try:
        data = base64url.decode(text)
    except ValueError:
        raise InvalidResponse("base64url") from None
    if base64url.encode(data) != text:
        raise InvalidResponse("base64url")
    return data
