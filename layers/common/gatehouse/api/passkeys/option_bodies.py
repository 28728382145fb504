"""The options of a ceremony, as browsers expect them."""

from typing import Annotated, Self

from pydantic import Field

from gatehouse import base64url
from gatehouse.api_model import ResponseModel
from gatehouse.passkeys.model import TIMEOUT, Attachment
from gatehouse.passkeys.table import PasskeyRow


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
