"""A provider's tokens, and what it said of somebody, as the better-auth client is told."""

from http import HTTPStatus
from typing import Any, Self

from pydantic import ConfigDict, StrictBool, model_validator

from gatehouse.accounts.model import presentable_image, presentable_name
from gatehouse.errors import UserInfoNotFound
from gatehouse.oauth.id_tokens import unproven
from gatehouse.oauth.model import Granted
from gatehouse.oauth.table import AccountRow
from gatehouse.wire import Answer, Moment, Wire, camel_case


class Selected(Wire):
    """Which account; `userId` is ignored, for everybody sees their own, and there is no cookie with an account."""

    model_config = ConfigDict(alias_generator=camel_case, extra="forbid")

    account_id: str = ""
    use_account_cookie: StrictBool = False
    user_id: str = ""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.account_id) == self.use_account_cookie:
            raise ValueError("Send accountId, or useAccountCookie")
        return self


class AccessTokenBody(Answer):
    """A token that the provider's own services take."""

    access_token: str
    access_token_expires_at: Moment | None
    scopes: list[str]
    id_token: str | None

    @classmethod
    def of(cls, granted: Granted) -> Self:
        """The body for tokens."""
        return cls(
            access_token=str(granted.access_token),
            access_token_expires_at=granted.expires_at,
            scopes=list(granted.scopes),
            id_token=granted.id_token,
        )


class RefreshedBody(Answer):
    """Every token after a refresh."""

    access_token: str | None
    refresh_token: str | None
    access_token_expires_at: Moment | None
    refresh_token_expires_at: Moment | None
    scope: str
    id_token: str | None
    provider_id: str
    account_id: str

    @classmethod
    def of(cls, row: AccountRow, granted: Granted) -> Self:
        """The body for an account and its tokens."""
        return cls(
            access_token=granted.access_token,
            refresh_token=granted.refresh_token,
            access_token_expires_at=granted.expires_at,
            refresh_token_expires_at=granted.refresh_expires_at,
            scope=",".join(granted.scopes),
            id_token=granted.id_token,
            provider_id=row.provider_id,
            account_id=row.account_id,
        )


class ProviderUser(Answer):
    """Somebody as the provider knows them."""

    name: str | None
    email: str | None
    image: str | None
    email_verified: bool


class AccountReference(Answer):
    """Which account that was."""

    id: str
    provider_id: str
    account_id: str


class InfoBody(Answer):
    """What a provider said of somebody when they last came from there: `data` are the claims as they were."""

    user: ProviderUser
    data: dict[str, Any]
    account: AccountReference

    @classmethod
    def of(cls, row: AccountRow, granted: Granted) -> Self:
        """The body for an account; raises UserInfoNotFound."""
        if not granted.id_token:
            raise UserInfoNotFound(status=HTTPStatus.UNAUTHORIZED)
        claims = unproven(granted.id_token)
        user = ProviderUser(
            name=presentable_name(claims.get("name")) or None,
            email=claims.get("email"),
            image=presentable_image(claims.get("picture")),
            email_verified=claims.get("email_verified") is True,
        )
        account = AccountReference(id=row.account_id, provider_id=row.provider_id, account_id=row.subject)
        return cls(user=user, data=claims, account=account)
