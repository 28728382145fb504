"""The OAuth state: starts an authorization, and recognizes its callback once, in the same browser, in time."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from gatehouse import base64url, clock
from gatehouse.dynamodb import ConditionFailed, batch_get, conditional_write
from gatehouse.errors.providers import StateMismatch
from gatehouse.oauth.model import Provider
from gatehouse.oauth.table import StateRow
from gatehouse.sessions import Session

PURPOSE = "oauth-state"
_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationOptions:
    """Options of an authorization, and where it leads afterwards. With `for_app`, the session is the app's that began
    it, not the browser's.
    """

    callback_url: str | None = None
    error_callback_url: str | None = None
    new_user_callback_url: str | None = None
    scopes: tuple[str, ...] = ()
    login_hint: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    for_app: bool = False


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
    url = f"{provider.authorize_url}{'&' if '?' in provider.authorize_url else '?'}{urlencode(query)}"
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
        app_url=_digest(url) if options.for_app else None,
    ).save()
    return AuthorizationRequest(url=url, state=state)


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


def app_state(url: str) -> str:
    """Return the state of an authorization URL that an app got and opens. Raises StateMismatch for any other URL, and
    for one that has expired or was completed.
    """
    state = dict(parse_qsl(url.partition("?")[2])).get("state", "")
    row = find_state(state) if state else None
    if not row or row.app_url != _digest(url) or row.delete_at <= clock.now():
        raise StateMismatch
    return state


def _subject(state: str) -> str:
    return f"STATE#{_digest(state)}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
