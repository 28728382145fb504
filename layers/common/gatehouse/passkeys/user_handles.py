"""User handles: what an authenticator knows a user by. Ours are the user ids; those of imported passkeys may differ."""

import re

from gatehouse.passkeys.table import PasskeyRow

_USER_ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def user_handle(user_id: str) -> bytes:
    """Return the handle of a user. It stays the same, so that an authenticator replaces an earlier passkey."""
    return user_id.encode()


def user_id_in(handle: bytes | None) -> str | None:
    """Return the user id that a handle names, unverified; None for one of another form."""
    return handle.decode() if handle and _USER_ID.fullmatch(handle) else None


def is_handle_of(handle: bytes, row: PasskeyRow) -> bool:
    """Whether an authenticator may send this handle with a passkey."""
    return bool(row.has_unknown_handle) or handle in {row.user_handle, user_handle(row.user_id)}
