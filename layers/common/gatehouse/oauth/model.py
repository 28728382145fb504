"""Providers, identities and token sets."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from gatehouse import base64url
from gatehouse.accounts.model import sanitize_image, sanitize_name

SIGNING_ALGORITHMS: dict[tuple[object, object], tuple[str, ...]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
"""What a public key can verify, by its `kty` and `crv`. No algorithm with a shared secret is among them."""
_ACCOUNT_ID = re.compile(r"[\w-]{32}", re.ASCII)


def is_account_id(text: str) -> bool:
    """Whether `text` has the form of an account id."""
    return _ACCOUNT_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An OpenID Connect provider, and our registration there.

    `issuer` identifies accounts, `also_issuers` are other spellings in its tokens. The first of `client_ids` asks for
    codes; ID tokens for any of them are accepted. `secret_name` is the client secret's name in Secrets Manager, empty
    for a public client. `parameters` are added to each authorization URL. `mail_domains` are those whose mailboxes the
    provider hosts, beside the domain in the claim `hd`: it is believed for these addresses alone, and for any without
    `mail_domains`. `directories` are domains and tenants whose addresses are believed where the provider says nothing.
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
    mail_domains: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()

    @property
    def issuers(self) -> tuple[str, ...]:
        """Every accepted `iss` of this provider."""
        return self.issuer, *self.also_issuers

    def verifies(self, email: str, claims: dict[str, Any]) -> bool:
        """Whether an address in the claims of a valid ID token is verified. Only `true` verifies it, no other truthy
        value; without the claim, a trusted directory does. Where somebody else hosts the mailbox, it may have a new
        holder since.
        """
        domain, hosted = email.rpartition("@")[2], claims.get("hd")
        if "email_verified" not in claims:
            tenant = str(claims.get("tid")).lower()
            return domain in self.directories or ("." not in tenant and tenant in self.directories)
        is_hosted = domain in self.mail_domains or (isinstance(hosted, str) and domain == hosted.lower())
        return claims.get("email_verified") is True and (is_hosted or not self.mail_domains)

    def account_id(self, subject: str) -> str:
        """Return the id of an account: made of issuer and subject, because an address may change hands."""
        digest = sha256(f"{self.issuer}\0{subject}".encode()).digest()
        return base64url.encode(digest[:24])


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user as a provider identifies them. `subject` is the provider's stable id."""

    account_id: str
    provider_id: str
    subject: str
    email: str
    email_verified: bool
    name: str
    image: str | None

    @classmethod
    def of(cls, provider: Provider, claims: dict[str, Any], email: str) -> "Identity":
        """Return the identity in the claims of a valid ID token."""
        return cls(
            account_id=provider.account_id(claims["sub"]),
            provider_id=provider.id,
            subject=claims["sub"],
            email=email,
            email_verified=provider.verifies(email, claims),
            name=sanitize_name(claims.get("name")),
            image=sanitize_image(claims.get("picture")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """The tokens that a provider issued for a user."""

    access_token: str | None = None
    refresh_token: str | None = None
    id_token: str | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()

    def merged_with(self, earlier: "TokenSet") -> "TokenSet":
        """Return these tokens, completed from earlier ones: a refresh token is mostly issued once. Scopes stay as they
        were.
        """
        return TokenSet(
            access_token=self.access_token or earlier.access_token,
            refresh_token=self.refresh_token or earlier.refresh_token,
            id_token=self.id_token or earlier.id_token,
            expires_at=self.expires_at if self.access_token else earlier.expires_at,
            refresh_expires_at=self.refresh_expires_at if self.refresh_token else earlier.refresh_expires_at,
            scopes=earlier.scopes,
        )
