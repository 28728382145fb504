"""A passkey, as the better-auth client expects it."""

from base64 import b64encode
from typing import Annotated, Self

from pydantic import Field

from gatehouse import base64url
from gatehouse.api_model import ResponseModel, Timestamp
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
