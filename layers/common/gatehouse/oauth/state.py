"""Sending somebody to a provider, and knowing them when they come back: once, in the same browser, in time."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from gatehouse import clock
from gatehouse.dynamodb import connection
from gatehouse.oauth.model import Provider
from gatehouse.oauth.table import StateRow
from gatehouse.sessions import Session

PURPOSE = "oauth-state"
_KEPT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants of a provider, and where they go on to afterwards."""

    callback_url: str | None = None
    error_callback_url: str | None = None
    new_user_callback_url: str | None = None
    scopes: tuple[str, ...] = ()
    login_hint: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The page of the provider that a browser is to open, and the state that it must bring back."""

    url: str
    state: str


def begin(provider: Provider, wanted: Wanted, redirect_uri: str, member: Session | None = None) -> Begun:
    """Remember what a sign-in is for; with a `member`, it is to become one more way in for them."""
    scopes = list(dict.fromkeys((*provider.scopes, *wanted.scopes)))
    state, nonce, verifier = (secrets.token_urlsafe(size) for size in (24, 24, 64))
    StateRow(
        _subject(state),
        PURPOSE,
        delete_at=clock.now() + _KEPT,
        provider_id=provider.id,
        verifier=verifier,
        nonce=nonce,
        scopes=scopes,
        callback_url=wanted.callback_url,
        error_callback_url=wanted.error_callback_url,
        new_user_callback_url=wanted.new_user_callback_url,
        link_user=member.user_id if member else None,
        link_session=member.id if member else None,
    ).save()
    query = {
        **provider.parameters,
        **({"login_hint": wanted.login_hint} if wanted.login_hint else {}),
        **wanted.parameters,
        "response_type": "code",
        "client_id": provider.client_ids[0],
        "state": state,
        "scope": " ".join(scopes),
        "redirect_uri": redirect_uri,
        "nonce": nonce,
        "code_challenge_method": "S256",
        "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
    }
    joint = "&" if "?" in provider.authorize_url else "?"
    return Begun(url=f"{provider.authorize_url}{joint}{urlencode(query)}", state=state)


def take(state: str) -> StateRow | None:
    """What a state was for, which is forgotten with this; None when nobody was sent with it. It may be too old."""
    request: dict[str, Any] = StateRow._get_connection().get_operation_kwargs(  # noqa: SLF001 -- the seam of `Row`
        _subject(state), PURPOSE, return_values="ALL_OLD"
    )
    was = connection().dispatch("DeleteItem", request).get("Attributes")
    return StateRow.from_raw_data(was) if was else None


def _subject(state: str) -> str:
    return f"STATE#{sha256(state.encode()).hexdigest()}"
