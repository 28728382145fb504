"""A provider's tokens for somebody, sealed on their account's row."""

import json

from gatehouse.keys.sealing import Sealed, seal, unseal
from gatehouse.oauth.model import Granted
from gatehouse.oauth.table import AccountRow


def keep(row: AccountRow, granted: Granted) -> None:
    """Put tokens on a row, unsaved."""
    tokens = [granted.access_token, granted.refresh_token, granted.id_token]
    sealed = seal(json.dumps(tokens), _place(row))
    row.sealed, row.sealed_by = sealed.data, sealed.version
    row.expires_at, row.refresh_expires_at = granted.expires_at, granted.refresh_expires_at


def kept(row: AccountRow) -> Granted:
    """The tokens on a row; none where there are none, or where the secret was rotated twice since."""
    text = unseal(Sealed(version=row.sealed_by, data=row.sealed), _place(row)) if row.sealed else None
    access_token, refresh_token, id_token = json.loads(text) if text else (None, None, None)
    return Granted(
        access_token=access_token,
        refresh_token=refresh_token,
        id_token=id_token,
        expires_at=row.expires_at,
        refresh_expires_at=row.refresh_expires_at,
        scopes=tuple(row.scopes),
    )


def _place(row: AccountRow) -> str:
    return f"{row.pk}\0{row.sk}"
