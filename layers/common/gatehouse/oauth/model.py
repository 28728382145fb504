"""What a provider is, what it says of somebody, and what it lets us do for them."""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from gatehouse.accounts.model import presentable_image, presentable_name

_ACCOUNT_ID = re.compile(r"[\w-]{32}", re.ASCII)


def is_account_id(text: str) -> bool:
    """Whether an account at a provider could be called this."""
    return _ACCOUNT_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An OpenID Connect provider, and who we are there.

    `issuer` is what accounts are known by, `also_issuers` are other spellings in its tokens. Of `client_ids` the first
    asks for codes; ID tokens for any of them are taken. `secret_name` is the client secret's in Secrets Manager, empty
    for a client that has none. `parameters` go into each authorization URL.
    """

    id: str
    issuer: str
    also_issuers: tuple[str, ...] = ()
    authorize_url: str
    token_url: str
    jwks_url: str
    client_ids: tuple[str, ...]
    secret_name: str = ""
    scopes: tuple[str, ...]
    algorithms: tuple[str, ...] = ("RS256",)
    secret_in_header: bool = False
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def issuers(self) -> tuple[str, ...]:
        """Every `iss` that is this provider's."""
        return self.issuer, *self.also_issuers

    def account_id(self, subject: str) -> str:
        """What we call an account of this provider: made of issuer and subject, for an address may change hands."""
        digest = sha256(f"{self.issuer}\0{subject}".encode()).digest()
        return urlsafe_b64encode(digest[:24]).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody, as a provider vouches for them. `subject` is what it calls them, for ever."""

    account_id: str
    provider_id: str
    subject: str
    email: str
    email_verified: bool
    name: str
    image: str | None

    @classmethod
    def of(cls, provider: Provider, claims: dict[str, Any], email: str) -> "Identity":
        """Out of the claims of a valid ID token. An address is proved by `true`, and by nothing that looks like it."""
        return cls(
            account_id=provider.account_id(claims["sub"]),
            provider_id=provider.id,
            subject=claims["sub"],
            email=email,
            email_verified=claims.get("email_verified") is True,
            name=presentable_name(claims.get("name")),
            image=presentable_image(claims.get("picture")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The tokens that a provider gave us for somebody."""

    access_token: str | None = None
    refresh_token: str | None = None
    id_token: str | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()

    def after(self, before: "Granted") -> "Granted":
        """These, and what they do not replace: a refresh token is mostly given once. Scopes stay as they were."""
        return Granted(
            access_token=self.access_token or before.access_token,
            refresh_token=self.refresh_token or before.refresh_token,
            id_token=self.id_token or before.id_token,
            expires_at=self.expires_at if self.access_token else before.expires_at,
            refresh_expires_at=self.refresh_expires_at if self.refresh_token else before.refresh_expires_at,
            scopes=before.scopes,
        )
