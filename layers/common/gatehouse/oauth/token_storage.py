"""A provider's tokens, encrypted on the account's row."""

import json

from gatehouse.keys.encryption import Ciphertext, decrypt, encrypt
from gatehouse.oauth.model import TokenSet
from gatehouse.oauth.table import AccountRow


def store_tokens(row: AccountRow, tokens: TokenSet) -> None:
    """Encrypt tokens onto a row, unsaved."""
    texts = [tokens.access_token, tokens.refresh_token, tokens.id_token]
    sealed = encrypt(json.dumps(texts), _associated_data(row))
    row.sealed, row.sealed_by = sealed.data, sealed.version
    row.expires_at, row.refresh_expires_at = tokens.expires_at, tokens.refresh_expires_at


def load_tokens(row: AccountRow) -> TokenSet:
    """Return the tokens of a row; an empty set where there are none, or their key is not trusted any more."""
    text = decrypt(Ciphertext(version=row.sealed_by, data=row.sealed), _associated_data(row)) if row.sealed else None
    access_token, refresh_token, id_token = json.loads(text) if text else (None, None, None)
    return TokenSet(
        access_token=access_token,
        refresh_token=refresh_token,
        id_token=id_token,
        expires_at=row.expires_at,
        refresh_expires_at=row.refresh_expires_at,
        scopes=tuple(row.scopes),
    )


def _associated_data(row: AccountRow) -> str:
    return f"{row.pk}\0{row.sk}"
