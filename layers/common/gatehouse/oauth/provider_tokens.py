"""A user's tokens at a provider, refreshed when they are about to expire."""

from datetime import timedelta

from gatehouse import clock
from gatehouse.accounts.table import credential_id, profile_key
from gatehouse.dynamodb import ConditionFailed, batch_get, conditional_write
from gatehouse.errors import InvalidCode, Refusal
from gatehouse.errors.providers import (
    AccountNotFound,
    FailedToGetAccessToken,
    FailedToRefreshAccessToken,
    ProviderNotSupported,
    ProviderUnavailable,
    RefreshTokenNotFound,
)
from gatehouse.oauth import token_endpoint
from gatehouse.oauth.flows import token_updates
from gatehouse.oauth.model import TokenSet, is_account_id
from gatehouse.oauth.providers import get_provider, is_configured
from gatehouse.oauth.table import AccountRow, account_key
from gatehouse.oauth.token_storage import load_tokens, store_tokens
from gatehouse.oauth.unlinking import PASSWORD, select_method

_EXPIRY_MARGIN = timedelta(seconds=5)


def find_account(
    user_id: str,
    account_id: str | None,
    provider_id: str | None = None,
    unavailable: type[Refusal] = ProviderNotSupported,
) -> AccountRow:
    """Return one of a user's accounts at providers, selected as by `select_method`. With our id it takes one read.

    Raises AccountNotFound, InvalidInput, or `unavailable` when it is the password, or its provider is not configured.
    """
    if account_id == credential_id(user_id) and provider_id in {None, PASSWORD}:
        raise unavailable
    row: AccountRow | None = None
    if account_id and is_account_id(account_id):
        (row,) = batch_get(account_key(user_id, account_id))
    if row is None or provider_id not in {None, row.provider_id}:
        (profile,) = batch_get(profile_key(user_id))
        if profile is None:
            raise AccountNotFound
        row = select_method(profile, account_id, provider_id)
    if row is None or not is_configured(row.provider_id):
        raise unavailable
    return row


def valid_tokens(row: AccountRow) -> TokenSet:
    """Return an account's tokens with an access token valid for some seconds more; raises FailedToGetAccessToken."""
    tokens = load_tokens(row)
    ends_soon = tokens.expires_at is not None and tokens.expires_at <= clock.now() + _EXPIRY_MARGIN
    if tokens.refresh_token and (ends_soon or not tokens.access_token):
        tokens = _refresh(row, tokens, FailedToGetAccessToken)
    if not tokens.access_token:
        raise FailedToGetAccessToken
    return tokens


def refresh_tokens(row: AccountRow) -> TokenSet:
    """Refresh and return an account's tokens; raises RefreshTokenNotFound, FailedToRefreshAccessToken."""
    tokens = load_tokens(row)
    if not tokens.refresh_token:
        raise RefreshTokenNotFound
    return _refresh(row, tokens, FailedToRefreshAccessToken)


def _refresh(row: AccountRow, tokens: TokenSet, refusal: type[Refusal]) -> TokenSet:
    try:
        response = token_endpoint.refresh(get_provider(row.provider_id), str(tokens.refresh_token))
    except (InvalidCode, ProviderUnavailable) as error:
        raise refusal(cause=error.cause) from None
    tokens = response.merged_with(tokens)
    store_tokens(row, tokens)
    try:
        with conditional_write():
            AccountRow(row.pk, row.sk).update(token_updates(row), condition=AccountRow.pk.exists())
    except ConditionFailed:
        raise AccountNotFound from None  # it was unlinked meanwhile
    return tokens
