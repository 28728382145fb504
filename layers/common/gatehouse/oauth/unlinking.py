"""Ways in: which somebody has, and giving one up. The last one stays."""

from http import HTTPStatus

from gatehouse.accounts.table import ProfileRow, profile_key, removal_of_link, removal_of_password
from gatehouse.dynamodb import Change, ConditionFailed, Contended, get_together, pause, transact
from gatehouse.errors import AccountNotFound, FailedToUnlinkLastAccount, InvalidToken
from gatehouse.oauth.table import AccountRow, account_key

_ATTEMPTS = 8


def accounts_of(profile: ProfileRow) -> list[AccountRow]:
    """Somebody's accounts at providers, oldest first."""
    links = profile.links or ()
    rows = get_together(*(account_key(profile.user_id, account_id) for account_id in links)) if links else []
    return sorted((row for row in rows if row), key=lambda row: (row.created_at, row.account_id))


def unlink(profile: ProfileRow, account_id: str) -> None:
    """Give up an account at a provider, or the password, which goes by its account's id.

    Raises FailedToUnlinkLastAccount, AccountNotFound, and InvalidToken as 401 when there is no such user any more.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return transact(*_removal(profile, account_id))
        except ConditionFailed:
            pause(attempt)
        profile = _reread(profile)
    raise Contended


def _removal(profile: ProfileRow, account_id: str) -> list[Change]:
    links = profile.links or set()
    if len(links) + bool(profile.password_hash) <= 1:
        raise FailedToUnlinkLastAccount
    if account_id == profile.credential_id and profile.password_hash:
        return [removal_of_password(profile)]
    if account_id not in links:
        raise AccountNotFound
    return removal_of_link(profile, account_id)


def _reread(profile: ProfileRow) -> ProfileRow:
    row: ProfileRow | None
    (row,) = get_together(profile_key(profile.user_id))
    if row is None:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED)
    return row
