"""The OAuth state: starts an authorization, and recognizes its callback once, in the same browser, in time."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode

from gatehouse import base64url, clock
from gatehouse.dynamodb import ConditionFailed, batch_get, conditional_write
from gatehouse.oauth.model import Provider
from gatehouse.oauth.table import StateRow
from gatehouse.sessions import Session

PURPOSE = "oauth-state"
_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationOptions:
    """Options of an authorization, and where it leads afterwards."""

    callback_url: str | None = None
    error_callback_url: str | None = None
    new_user_callback_url: str | None = None
    scopes: tuple[str, ...] = ()
    login_hint: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """The URL of the provider's page, and the state that the callback must have."""

    url: str
    state: str


def create_authorization(
    provider: Provider, options: AuthorizationOptions, redirect_uri: str, session: Session | None = None
) -> AuthorizationRequest:
    """Store a new state and return the authorization URL; with a `session`, to link the account to its user."""
    scopes = list(dict.fromkeys((*provider.scopes, *options.scopes)))
    state, nonce, verifier = (secrets.token_urlsafe(size) for size in (24, 24, 64))
    StateRow(
        _subject(state),
        PURPOSE,
        delete_at=clock.now() + _LIFETIME,
        provider_id=provider.id,
        verifier=verifier,
        nonce=nonce,
        scopes=scopes,
        callback_url=options.callback_url,
        error_callback_url=options.error_callback_url,
        new_user_callback_url=options.new_user_callback_url,
        link_user=session.user_id if session else None,
        link_session=session.id if session else None,
    ).save()
    query = {
        **provider.parameters,
        **({"login_hint": options.login_hint} if options.login_hint else {}),
        **options.parameters,
        "response_type": "code",
        "client_id": provider.client_ids[0],
        "state": state,
        "scope": " ".join(scopes),
        "redirect_uri": redirect_uri,
        "nonce": nonce,
        "code_challenge_method": "S256",
        "code_challenge": base64url.encode(sha256(verifier.encode()).digest()),
    }
    joint = "&" if "?" in provider.authorize_url else "?"
    return AuthorizationRequest(url=f"{provider.authorize_url}{joint}{urlencode(query)}", state=state)


def consume_state(state: str, provider_id: str) -> StateRow | None:
    """Delete and return the row of a state that a callback of this provider may use; else None, and it is left."""
    table = StateRow._get_connection()  # noqa: SLF001 -- the seam of `Row`
    usable = (StateRow.provider_id == provider_id) & (StateRow.delete_at > clock.now())
    try:
        with conditional_write():
            deleted = table.delete_item(_subject(state), PURPOSE, condition=usable, return_values="ALL_OLD")
    except ConditionFailed:
        return None
    return StateRow.from_raw_data(deleted["Attributes"])


def find_state(state: str) -> StateRow | None:
    """Return the row of a state without using it up; None when it is unknown. It may have expired."""
    row: StateRow | None
    (row,) = batch_get((StateRow, _subject(state), PURPOSE))
    return row


def _subject(state: str) -> str:
    return f"STATE#{sha256(state.encode()).hexdigest()}"
