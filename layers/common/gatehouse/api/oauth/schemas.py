"""Request and response bodies about a provider's tokens and claims."""

from http import HTTPStatus
from typing import Any, Self

from pydantic import ConfigDict, StrictBool, model_validator

from gatehouse.accounts.model import sanitize_image, sanitize_name
from gatehouse.api_model import ApiModel, ResponseModel, Timestamp, camel_case
from gatehouse.errors.accounts import UserInfoNotFound
from gatehouse.oauth.id_tokens import unverified_claims
from gatehouse.oauth.model import TokenSet
from gatehouse.oauth.table import AccountRow


class AccountSelection(ApiModel):
    """Selects an account: by our id, or as before better-auth 1.7 by its provider, the provider's own id, or both.
    `userId` is ignored: callers see their own accounts only, and no cookie has one.
    """

    model_config = ConfigDict(alias_generator=camel_case, extra="forbid")

    account_id: str | None = None
    provider_id: str | None = None
    use_account_cookie: StrictBool = False
    user_id: str = ""

    @model_validator(mode="after")
    def _check_exactly_one(self) -> Self:
        if bool(self.account_id or self.provider_id) == self.use_account_cookie:
            raise ValueError("Send accountId or providerId, or useAccountCookie")
        return self


class AccessTokenBody(ResponseModel):
    """An access token for the provider's own APIs."""

    access_token: str
    access_token_expires_at: Timestamp | None
    scopes: list[str]
    id_token: str | None


class RefreshedTokensBody(ResponseModel):
    """All tokens after a refresh."""

    access_token: str | None
    refresh_token: str | None
    access_token_expires_at: Timestamp | None
    refresh_token_expires_at: Timestamp | None
    scope: str
    id_token: str | None
    provider_id: str
    account_id: str


class ProviderUser(ResponseModel):
    """A user as the provider describes them."""

    name: str | None
    email: str | None
    image: str | None
    email_verified: bool


class AccountReference(ResponseModel):
    """The account that was selected."""

    id: str
    provider_id: str
    account_id: str


class AccountInfoBody(ResponseModel):
    """A provider's claims about a user at their last sign-in; `data` has them unchanged."""

    user: ProviderUser
    data: dict[str, Any]
    account: AccountReference


def access_token_body(tokens: TokenSet) -> AccessTokenBody:
    """Return the body for an access token."""
    return AccessTokenBody.of(tokens, access_token_expires_at=tokens.expires_at, scopes=list(tokens.scopes))


def refreshed_tokens_body(row: AccountRow, tokens: TokenSet) -> RefreshedTokensBody:
    """Return the body for an account and its tokens."""
    return RefreshedTokensBody.of(
        tokens,
        access_token_expires_at=tokens.expires_at,
        refresh_token_expires_at=tokens.refresh_expires_at,
        scope=",".join(tokens.scopes),
        provider_id=row.provider_id,
        account_id=row.account_id,
    )


def account_info_body(row: AccountRow, tokens: TokenSet) -> AccountInfoBody:
    """Return the body for an account; raises UserInfoNotFound."""
    if not tokens.id_token:
        raise UserInfoNotFound(status=HTTPStatus.UNAUTHORIZED)
    claims = unverified_claims(tokens.id_token)
    user = ProviderUser(
        name=sanitize_name(claims.get("name")) or None,
        email=claims.get("email"),
        image=sanitize_image(claims.get("picture")),
        email_verified=claims.get("email_verified") is True,
    )
    account = AccountReference.of(row, id=row.account_id, account_id=row.subject)
    return AccountInfoBody(user=user, data=claims, account=account)
