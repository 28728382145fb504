"""The configured providers: Google, and one that is discovered by its issuer."""

import re
from collections.abc import Callable
from functools import cache
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from gatehouse.config import ConfigurationError, config
from gatehouse.errors.providers import ProviderNotFound, ProviderUnavailable
from gatehouse.oauth.model import SIGNING_ALGORITHMS, Provider
from gatehouse.oauth.published import Published

GOOGLE = "google"
_GOOGLES_ISSUER = "https://accounts.google.com"
_TRUSTED_ALGORITHMS = frozenset(chain.from_iterable(SIGNING_ALGORITHMS.values()))
_ID = re.compile(r"[a-z0-9-]{1,32}")
# https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
_GOOGLES_MAIL = ("gmail.com",)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def get_provider(name: str) -> Provider:
    """Return a configured provider by its id; raises ProviderNotFound, ProviderUnavailable when discovery fails."""
    make = _configured().get(name)
    if not make:
        raise ProviderNotFound
    return make()


def is_configured(name: str) -> bool:
    """Whether there is such a provider; makes no request."""
    return name in _configured()


def _configured() -> dict[str, Callable[[], Provider]]:
    settings = config()
    makers: dict[str, Callable[[], Provider]] = {}
    if settings.oidc_client_id and settings.oidc_issuer and _ID.fullmatch(settings.oidc_provider_id):
        makers[settings.oidc_provider_id] = _discovered_provider
    if settings.google_client_id:
        makers[GOOGLE] = _google
    return makers


def _google() -> Provider:
    settings = config()
    return _checked_urls(
        Provider(
            id=GOOGLE,
            issuer=settings.google_issuer,
            also_issuers=("accounts.google.com",) if settings.google_issuer == _GOOGLES_ISSUER else (),
            authorize_url=settings.google_authorize_url,
            token_url=settings.google_token_url,
            jwks_url=settings.google_jwks_url,
            client_ids=settings.google_client_id,
            secret_name=settings.google_client_secret_name,
            scopes=("email", "profile", "openid"),
            parameters={"include_granted_scopes": "true"},
            mail_domains=_GOOGLES_MAIL,
        )
    )


def _discovered_provider() -> Provider:
    """Return the provider by discovery: https://openid.net/specs/openid-connect-discovery-1_0.html."""
    return _from_document(_description(config().oidc_issuer).get())


@cache
def _description(issuer: str) -> Published[dict[str, Any]]:
    return Published(f"{issuer.rstrip('/')}/.well-known/openid-configuration", _checked_description)


def _checked_description(document: dict[str, Any]) -> dict[str, Any]:
    """Return a description that is usable; raises ProviderUnavailable."""
    if document.get("issuer") != config().oidc_issuer:
        raise ProviderUnavailable(cause=f"its document is for {str(document.get('issuer'))[:100]}")
    _from_document(document)
    return document


def _from_document(document: dict[str, Any]) -> Provider:
    settings = config()
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    algorithms = document.get("id_token_signing_alg_values_supported", [])
    try:
        found = Provider(
            id=settings.oidc_provider_id,
            issuer=settings.oidc_issuer,
            authorize_url=document["authorization_endpoint"],
            token_url=document["token_endpoint"],
            jwks_url=document["jwks_uri"],
            client_ids=settings.oidc_client_id,
            secret_name=settings.oidc_client_secret_name,
            scopes=settings.oidc_scopes,
            algorithms=tuple(name for name in algorithms if name in _TRUSTED_ALGORITHMS) or ("RS256",),
            directories=settings.oidc_trusted_directories,
            secret_in_header="client_secret_post" not in methods,
        )
        return _checked_urls(found)
    except (KeyError, TypeError, ValueError, AttributeError, ConfigurationError) as error:
        raise ProviderUnavailable(cause=f"its description is not usable: {error}") from None


def _checked_urls(found: Provider) -> Provider:
    """Check the URLs: only a provider on this machine, which is for development, may use http."""
    for url in (found.authorize_url, found.token_url, found.jwks_url):
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _LOOPBACK):
            raise ConfigurationError(f"{found.id}: {url} is not https")
    return found
