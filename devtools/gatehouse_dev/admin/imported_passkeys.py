"""Passkeys of imported users. Import it only with the environment of the functions set."""

import binascii
from base64 import b64decode
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gatehouse.dynamodb import TransactItem, batch_get, put
from gatehouse.passkeys.model import MAX_PASSKEYS, InvalidResponse, PasskeyName, check_credential_id, decode, passkey_id
from gatehouse.passkeys.public_keys import PublicKey
from gatehouse.passkeys.responses import known_transports
from gatehouse.passkeys.table import PasskeyRow, passkey_key

_LARGEST_COUNTER = 2**32 - 1


class InvalidPasskey(Exception):  # the project names exceptions for what happened
    """A passkey cannot be imported; the message says why."""


class PasskeyLine(BaseModel):
    """A passkey as better-auth's table `passkey` has it, and its `user_handle` in base64url where that is known."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    credential_id: str
    public_key: str
    counter: Annotated[int, Field(ge=0, le=_LARGEST_COUNTER)] = 0
    name: PasskeyName | None = None
    transports: str = ""
    device_type: Literal["singleDevice", "multiDevice"] | None = None
    backed_up: bool = False
    aaguid: UUID | None = None
    user_handle: str | None = None
    created_at: AwareDatetime | None = None


def passkey_rows(user_id: str, lines: Iterable[PasskeyLine], created_at: datetime) -> list[PasskeyRow]:
    """Return the rows of a user's passkeys, unsaved; raises InvalidPasskey."""
    rows = [_row(user_id, line, created_at) for line in lines]
    if len(rows) > MAX_PASSKEYS:
        raise InvalidPasskey(f"there are more than {MAX_PASSKEYS}.")
    if len({row.passkey_id for row in rows}) < len(rows):
        raise InvalidPasskey("two have the same credential_id.")
    return rows


def creations(rows: Iterable[PasskeyRow]) -> list[TransactItem]:
    """Return the writes that add passkeys nobody has."""
    return [put(row, PasskeyRow.pk.does_not_exist()) for row in rows]


def check_unknown(rows: Iterable[PasskeyRow]) -> None:
    """Raise InvalidPasskey when somebody has one of these passkeys."""
    keys = [passkey_key(row.passkey_id) for row in rows]
    if keys and any(batch_get(*keys)):
        raise InvalidPasskey("another user has one of them.")


def _row(user_id: str, line: PasskeyLine, created_at: datetime) -> PasskeyRow:
    try:
        credential_id = check_credential_id(decode(line.credential_id))
        public_key = b64decode(line.public_key, validate=True)
        PublicKey.parse(public_key)
        handle = decode(line.user_handle) if line.user_handle else None
    except (InvalidResponse, binascii.Error) as error:
        raise InvalidPasskey(f"{error}.") from None
    name = passkey_id(credential_id)
    return PasskeyRow(
        *passkey_key(name)[1:],
        passkey_id=name,
        user_id=user_id,
        credential_id=credential_id,
        public_key=public_key,
        counter=line.counter,
        name=line.name or None,
        transports=known_transports(line.transports.split(",")),
        aaguid=str(line.aaguid or UUID(int=0)),
        backup_eligible=line.device_type and line.device_type == "multiDevice",
        backed_up=line.backed_up,
        user_handle=handle,
        has_unknown_handle=None if handle else True,
        created_at=line.created_at or created_at,
    )
