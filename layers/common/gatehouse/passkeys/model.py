"""Passkeys: what clients send, and the values and limits of their parts (https://www.w3.org/TR/webauthn-3/)."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from gatehouse import base64url
from gatehouse.accounts.model import check_one_line
from gatehouse.api_model import ApiModel

MAX_PASSKEYS = 20  # of a user: all are removed in one transaction, together with what else lets in
EDDSA, ES256, RS256 = -8, -7, -257  # COSE's numbers
ALGORITHMS = (EDDSA, ES256, RS256)  # the preferred one first
TIMEOUT = 60_000  # milliseconds that a browser waits for the user
_LONGEST_NAME = 64
_LONGEST_ID = 1023  # bytes of a credential id
_TRANSPORTS = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")

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


def _known_transports(value: Any) -> list[str]:
    """Return the transports that are known. Browsers may send others, or none: they are hints only."""
    return sorted({name for name in value if name in _TRANSPORTS}) if isinstance(value, list) else []


Transports = Annotated[list[str], BeforeValidator(_known_transports)]


class AttestationResponse(ApiModel):
    """The part of an authenticator."""

    client_data_json: Annotated[str, Field(alias="clientDataJSON")]
    attestation_object: str
    transports: Annotated[Transports, Field(default_factory=list)]


class AssertionResponse(ApiModel):
    """The part of an authenticator."""

    client_data_json: Annotated[str, Field(alias="clientDataJSON")]
    authenticator_data: str
    signature: str
    user_handle: str | None = None


class RegistrationResponse(ApiModel):
    """What a browser returns for creation options. Only what is checked is named."""

    id: str
    raw_id: str
    type: str
    response: AttestationResponse


class AuthenticationResponse(ApiModel):
    """What a browser returns for request options. Only what is checked is named."""

    id: str
    raw_id: str
    type: str
    response: AssertionResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """For whom passkeys are made: a domain, and the origins whose pages may use them."""

    id: str
    origins: tuple[str, ...]


def passkey_id(credential_id: bytes) -> str:
    """Return the id of a passkey, which has one length whatever that of the credential id."""
    return base64url.encode(sha256(credential_id).digest())


def credential_id_of(response: RegistrationResponse | AuthenticationResponse) -> bytes:
    """Return the credential id of a response; raises InvalidResponse unless `id`, `rawId` and `type` agree."""
    credential_id = decode(response.raw_id)
    if response.id != response.raw_id or response.type != "public-key":
        raise InvalidResponse("id, rawId or type")
    return check_credential_id(credential_id)


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
