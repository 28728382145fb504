"""What browsers return of an authenticator. Only what is checked is named."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gatehouse.api_model import ApiModel
from gatehouse.passkeys.model import InvalidResponse, check_credential_id, decode

_TRANSPORTS = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")


def known_transports(value: Any) -> list[str]:
    """Return the transports that are known. Browsers may send others, or none: they are hints only."""
    return sorted({name for name in value if name in _TRANSPORTS}) if isinstance(value, list) else []


Transports = Annotated[list[str], BeforeValidator(known_transports)]


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
    """The response to creation options."""

    id: str
    raw_id: str
    type: str
    response: AttestationResponse


class AuthenticationResponse(ApiModel):
    """The response to request options."""

    id: str
    raw_id: str
    type: str
    response: AssertionResponse


def credential_id_of(response: RegistrationResponse | AuthenticationResponse) -> bytes:
    """Return the credential id of a response; raises InvalidResponse unless `id`, `rawId` and `type` agree."""
    credential_id = decode(response.raw_id)
    if response.id != response.raw_id or response.type != "public-key":
        raise InvalidResponse("id, rawId or type")
    return check_credential_id(credential_id)
