"""Coming back from a provider's page: everything leads on, to where the sign-in was to end or where errors are told."""

import re
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request, Response

from gatehouse import clock
from gatehouse.config import config
from gatehouse.errors import (
    InvalidCode,
    InvalidIdToken,
    InvalidToken,
    IssuerMismatch,
    LinkingDifferentEmails,
    LinkingNotAllowed,
    NoCode,
    OAuthLinkError,
    ProviderNotFound,
    ProviderRefused,
    Refusal,
    SocialAccountAlreadyLinked,
    StateMismatch,
    StateNotFound,
    UserEmailNotFound,
)
from gatehouse.http.cookies import clear_state, has_state, remember_device
from gatehouse.http.entry import begin_session
from gatehouse.http.links import onward
from gatehouse.http.origin import base_url
from gatehouse.oauth import exchange, flows, id_tokens, state
from gatehouse.oauth.providers import provider
from gatehouse.oauth.table import StateRow
from gatehouse.sessions import Client
from gatehouse.telemetry import note

_PARAMETERS = ("code", "state", "error", "error_description", "iss")
_ERROR = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,200}", re.ASCII)  # RFC 6749, 4.1.2.1
_BAD_REQUESTS = (StateNotFound, StateMismatch, NoCode, InvalidCode)
_NAMES: dict[type[Refusal], str] = {
    InvalidIdToken: "unable_to_get_user_info",
    InvalidToken: "unable_to_link_account",  # the session that wanted it has ended
    LinkingDifferentEmails: "email_does_not_match",
    LinkingNotAllowed: "unable_to_link_account",
    ProviderNotFound: "oauth_provider_not_found",
    SocialAccountAlreadyLinked: "account_already_linked_to_different_user",
    UserEmailNotFound: "email_not_found",
}


def come_back(request: Request, client: Client, name: str, *, strict: bool = False) -> Response:
    """On to where the sign-in was to lead; a bad state or code is 400 where people want it `strict`."""
    errors_to, own = f"{base_url(request)}/api/auth/error", has_state(request)
    try:
        row = _taken(request)
        errors_to = row.error_callback_url or errors_to
        if not own or row.provider_id != name or row.delete_at <= clock.now():
            raise StateMismatch
        answer = _arrive(request, client, row)
    except Refusal as refusal:
        if strict and isinstance(refusal, _BAD_REQUESTS):
            raise
        answer = onward(errors_to, error=_name(refusal, request), error_description=_description(refusal, request))
        request.state.outcome = refusal.code
        if refusal.cause:
            note(cause=refusal.cause)
    if own:
        clear_state(request, answer)
    return answer


async def by_get(request: Request, name: str) -> Response:
    """The same by GET, for a provider that posts: cookies come along only so."""
    sent = (*parse_qsl((await request.body()).decode("latin-1")), *request.query_params.multi_items())
    known = {name: value for name, value in sent if name in _PARAMETERS}
    answer = Response(status_code=HTTPStatus.FOUND)
    answer.headers["location"] = f"/api/auth/callback/{quote(name, safe='')}?{urlencode(known)}"
    return answer


def _taken(request: Request) -> StateRow:
    given = request.query_params.get("state")
    if not given:
        raise StateNotFound
    row = state.take(given)
    if not row:
        raise StateMismatch
    return row


def _arrive(request: Request, client: Client, row: StateRow) -> Response:
    asked, given = provider(row.provider_id), request.query_params
    if "error" in given:
        raise ProviderRefused
    if not given.get("code"):
        raise NoCode
    if given.get("iss", asked.issuer) not in asked.issuers:
        raise IssuerMismatch
    came_to = f"{base_url(request)}{request.scope['path']}"
    granted = exchange.redeem(asked, given["code"], verifier=row.verifier, redirect_uri=came_to)
    identity = id_tokens.identity(asked, granted.id_token or "", row.nonce)
    granted = replace(granted, scopes=granted.scopes or tuple(row.scopes))
    home = row.callback_url or config().frontend_url or base_url(request)
    if row.link_user:
        flows.link(row.link_user, row.link_session, identity, granted)
        return onward(home)
    arrival = flows.come_in(identity, granted, client)
    answer = onward((arrival.is_new and row.new_user_callback_url) or home)
    begin_session(request, answer, arrival.user, arrival.opened)
    remember_device(request, answer, arrival.user.email)
    return answer


def _name(refusal: Refusal, request: Request) -> str:
    if isinstance(refusal, OAuthLinkError):
        return str(refusal).replace(" ", "_")
    if isinstance(refusal, ProviderRefused):
        told = request.query_params["error"]
        return told if _ERROR.fullmatch(told) else refusal.code.lower()
    return _NAMES.get(type(refusal), refusal.code.lower())


def _description(refusal: Refusal, request: Request) -> str:
    told = request.query_params.get("error_description", "")
    return told if isinstance(refusal, ProviderRefused) and _DESCRIPTION.fullmatch(told) else ""
