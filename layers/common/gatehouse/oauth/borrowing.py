"""A provider's tokens for the user whom it gave them for, refreshed when they are about to end."""

from datetime import timedelta

from gatehouse import clock
from gatehouse.accounts.table import credential_id
from gatehouse.dynamodb import ConditionFailed, conditionally, get_together
from gatehouse.errors import (
    AccountNotFound,
    FailedToGetAccessToken,
    FailedToRefreshAccessToken,
    InvalidCode,
    ProviderNotSupported,
    ProviderUnavailable,
    RefreshTokenNotFound,
    Refusal,
)
from gatehouse.oauth import exchange
from gatehouse.oauth.flows import newer_tokens
from gatehouse.oauth.model import Granted, is_account_id
from gatehouse.oauth.providers import is_configured, provider
from gatehouse.oauth.table import AccountRow, account_key
from gatehouse.oauth.vault import keep, kept

_NEAR = timedelta(seconds=5)


def account(user_id: str, account_id: str, otherwise: type[Refusal] = ProviderNotSupported) -> AccountRow:
    """One of a user's accounts at providers.

    Raises AccountNotFound, or `otherwise` when it is the password, or its provider is not configured any more.
    """
    if account_id == credential_id(user_id):
        raise otherwise
    if not is_account_id(account_id):
        raise AccountNotFound
    row: AccountRow | None
    (row,) = get_together(account_key(user_id, account_id))
    if row is None:
        raise AccountNotFound
    if not is_configured(row.provider_id):
        raise otherwise
    return row


def good(row: AccountRow) -> Granted:
    """An account's tokens with an access token that is good for some seconds more; raises FailedToGetAccessToken."""
    granted = kept(row)
    ends_soon = granted.expires_at is not None and granted.expires_at <= clock.now() + _NEAR
    if granted.refresh_token and (ends_soon or not granted.access_token):
        granted = _newer(row, granted, FailedToGetAccessToken)
    if not granted.access_token:
        raise FailedToGetAccessToken
    return granted


def newer(row: AccountRow) -> Granted:
    """An account's tokens after a refresh; raises RefreshTokenNotFound, FailedToRefreshAccessToken."""
    granted = kept(row)
    if not granted.refresh_token:
        raise RefreshTokenNotFound
    return _newer(row, granted, FailedToRefreshAccessToken)


def _newer(row: AccountRow, granted: Granted, refusal: type[Refusal]) -> Granted:
    try:
        answer = exchange.refresh(provider(row.provider_id), str(granted.refresh_token))
    except (InvalidCode, ProviderUnavailable) as error:
        raise refusal(cause=error.cause) from None
    granted = answer.after(granted)
    keep(row, granted)
    try:
        with conditionally():
            AccountRow(row.pk, row.sk).update(newer_tokens(row), condition=AccountRow.pk.exists())
    except ConditionFailed:
        raise AccountNotFound from None  # unlinked meanwhile
    return granted
