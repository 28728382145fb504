"""A provider's token endpoint: exchange a code for tokens, and refresh tokens (RFC 6749, 4.1.3 and 6)."""

import re
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from botocore.exceptions import BotoCoreError, ClientError

from gatehouse import clock, outbound
from gatehouse.errors import InvalidCode
from gatehouse.errors.providers import ProviderUnavailable
from gatehouse.keys.secret import clear_named_secrets, named_secret
from gatehouse.oauth.fetch import fetch
from gatehouse.oauth.model import Provider, TokenSet

_LIFETIME = re.compile(r"\d{1,9}", re.ASCII)  # seconds; some providers send them as text

outbound.warm_up()


def exchange_code(provider: Provider, code: str, *, verifier: str, redirect_uri: str) -> TokenSet:
    """Return the tokens for a code; raises InvalidCode, ProviderUnavailable."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
    }
    return _post(provider, form)


def refresh(provider: Provider, refresh_token: str) -> TokenSet:
    """Return refreshed tokens; raises InvalidCode when the refresh token is not accepted, ProviderUnavailable."""
    return _post(provider, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _post(provider: Provider, form: dict[str, str]) -> TokenSet:
    headers, who = _client_authentication(provider)
    status, response = fetch(provider.token_url, form=form | who, headers=headers)
    if not isinstance(response, dict) or status >= 500:  # noqa: PLR2004 -- a status
        raise ProviderUnavailable(cause=f"{provider.token_url}: answered with {status}")
    if status != 200:  # noqa: PLR2004 -- a status
        if response.get("error") == "invalid_client":
            clear_named_secrets()  # it may have been replaced
        raise InvalidCode(cause=f"the provider says {str(response.get('error'))[:64]}")
    return _token_set(response)


def _client_authentication(provider: Provider) -> tuple[dict[str, str], dict[str, str]]:
    client_id = provider.client_ids[0]
    if not provider.secret_name:
        return {}, {"client_id": client_id}
    try:
        secret = named_secret(provider.secret_name)
    except (ClientError, BotoCoreError) as error:
        raise ProviderUnavailable(cause=f"our own secret there: {error}") from None
    if not provider.secret_in_header:
        return {}, {"client_id": client_id, "client_secret": secret}
    pair = b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()
    return {"authorization": f"Basic {pair}"}, {}


def _token_set(response: dict[str, Any]) -> TokenSet:
    scope = _text(response, "scope") or ""
    return TokenSet(
        access_token=_text(response, "access_token"),
        refresh_token=_text(response, "refresh_token"),
        id_token=_text(response, "id_token"),
        expires_at=_expiry(response.get("expires_in")),
        refresh_expires_at=_expiry(response.get("refresh_token_expires_in")),
        scopes=tuple(scope.split()),
    )


def _text(response: dict[str, Any], name: str) -> str | None:
    value = response.get(name)
    return value if isinstance(value, str) and value else None


def _expiry(seconds: object) -> datetime | None:
    text = str(seconds) if isinstance(seconds, int | str) else ""
    return clock.now() + timedelta(seconds=int(text)) if _LIFETIME.fullmatch(text) else None
