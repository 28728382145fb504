"""End a user's digests without a session: by the link in them, or after a complaint."""

from gatehouse import keys
from gatehouse.accounts.lookup import find_profile
from gatehouse.accounts.pointers import email_key, owner_of
from gatehouse.accounts.profile import update_user
from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.dynamodb import batch_get
from gatehouse.errors import InvalidToken, SessionEnded
from gatehouse.sessions import ClientInfo
from gatehouse.tokens.unsubscribing import is_unsubscribe_token, parse_unsubscribe_token


def unsubscribe(text: str) -> None:
    """End digests by the token in one of them; raises InvalidToken."""
    token = parse_unsubscribe_token(text)
    profile: ProfileRow | None
    profile, keyring = batch_get(profile_key(token.subject), keys.keyring_key())
    keys.update_cache(keyring)
    if not profile or not is_unsubscribe_token(token, profile.email):
        raise InvalidToken
    _end_digests(profile)


def end_digests(email: str) -> None:
    """End the digests to an address, if it is a user's."""
    (pointer,) = batch_get(email_key(email))
    user_id = owner_of(pointer)
    profile = find_profile(user_id) if user_id else None
    if profile:
        _end_digests(profile)


def _end_digests(profile: ProfileRow) -> None:
    if not profile.task_reminders:
        return
    try:
        update_user(profile, {"task_reminders": False}, ClientInfo(base_url="", language=""))
    except SessionEnded:  # deleted meanwhile
        raise InvalidToken from None
