"""Passkeys and their ceremonies, as the better-auth client and browsers expect them."""

from base64 import b64encode
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from gatehouse import base64url
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.api_model import ApiModel, ResponseModel, Timestamp
from gatehouse.passkeys.model import (
    TIMEOUT,
    Attachment,
    AuthenticationResponse,
    PasskeyName,
    RegistrationResponse,
)
from gatehouse.passkeys.table import PasskeyRow


class PasskeyBody(ResponseModel):
    """A passkey. `publicKey` is COSE's form in base64, `transports` are separated by commas."""

    id: str
    name: str | None
    public_key: str
    user_id: str
    credential_id: Annotated[str, Field(alias="credentialID")]
    counter: int
    device_type: str
    backed_up: bool
    transports: str
    created_at: Timestamp
    aaguid: str
    last_used_at: Timestamp | None

    @classmethod
    def of_row(cls, row: PasskeyRow) -> Self:
        """Return the body of a passkey."""
        return cls.of(
            row,
            id=row.passkey_id,
            public_key=b64encode(row.public_key).decode(),
            credential_id=base64url.encode(row.credential_id),
            device_type="multiDevice" if row.backup_eligible else "singleDevice",
            transports=",".join(row.transports),
            last_used_at=row.used_at,
        )


class RegisteredBody(PasskeyBody):
    """A new passkey, with a session and its user where one was asked for."""

    session: SessionBody | None = None
    user: UserBody | None = None


class UpdatedBody(ResponseModel):
    """A passkey that was renamed."""

    passkey: PasskeyBody


class SignedInBody(ResponseModel):
    """The session and the user of a passkey."""

    session: SessionBody
    user: UserBody


class RegistrationRequest(ApiModel):
    """The body of a registration."""

    response: RegistrationResponse
    name: PasskeyName | None = None
    create_session: bool = False


class AuthenticationRequest(ApiModel):
    """The body of an authentication."""

    response: AuthenticationResponse


class RenamingRequest(ApiModel):
    """The body of a renaming."""

    id: str
    name: Annotated[PasskeyName, StringConstraints(min_length=1)]


class DeletionRequest(ApiModel):
    """The body of a deletion."""

    id: str


class Descriptor(ResponseModel):
    """A credential that an authenticator may have."""

    id: str
    transports: list[str]
    type: str = "public-key"

    @classmethod
    def of_row(cls, row: PasskeyRow) -> Self:
        """Return the descriptor of a passkey."""
        return cls(id=base64url.encode(row.credential_id), transports=row.transports)


class Party(ResponseModel):
    """The relying party."""

    name: str
    id: str


class Owner(ResponseModel):
    """Whom a new passkey is for. An authenticator has one passkey for an `id`."""

    id: str
    name: str
    display_name: str


class Algorithm(ResponseModel):
    """An algorithm of signatures."""

    alg: int
    type: str = "public-key"


class Selection(ResponseModel):
    """What an authenticator must be able to do."""

    resident_key: str = "preferred"
    user_verification: str = "required"
    authenticator_attachment: Annotated[Attachment | None, Field(exclude_if=lambda value: value is None)] = None
    require_resident_key: bool = False


class CreationOptions(ResponseModel):
    """The options of a registration, for `navigator.credentials.create`."""

    challenge: str
    rp: Party
    user: Owner
    pub_key_cred_params: list[Algorithm]
    timeout: int = TIMEOUT
    attestation: str = "none"
    exclude_credentials: list[Descriptor]
    authenticator_selection: Selection
    extensions: dict[str, bool]
    hints: list[str]


class RequestOptions(ResponseModel):
    """The options of an authentication, for `navigator.credentials.get`."""

    rp_id: str
    challenge: str
    timeout: int = TIMEOUT
    user_verification: str = "required"
    allow_credentials: Annotated[list[Descriptor] | None, Field(exclude_if=lambda value: value is None)] = None


class RelatedOrigins(ResponseModel):
    """The origins that may use the passkeys of a domain."""

    origins: list[str]
