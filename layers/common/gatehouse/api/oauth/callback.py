"""The OAuth callback: it redirects to the target of the sign-in, or to where errors are shown."""

import re
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request, Response

from gatehouse.accounts import User
from gatehouse.accounts.challenges import Challenge
from gatehouse.api.accounts.mailed_links import redirect
from gatehouse.api.sessions.starting import start_challenge, start_session
from gatehouse.config import config
from gatehouse.errors import InvalidCode, InvalidInput, Refusal, SessionEnded
from gatehouse.errors.providers import (
    InvalidIdToken,
    IssuerMismatch,
    LinkingDifferentEmails,
    LinkingNotAllowed,
    NoCode,
    OAuthLinkError,
    ProviderNotFound,
    ProviderRefused,
    SocialAccountAlreadyLinked,
    StateMismatch,
    StateNotFound,
    UserEmailNotFound,
)
from gatehouse.http.authentication import find_session_user
from gatehouse.http.cookies import format_session, has_state, has_states, remove_state
from gatehouse.http.error_page import STATE_COOKIE_MISSING
from gatehouse.http.known_device import remember_device
from gatehouse.http.origin import base_url, encode_location
from gatehouse.oauth import flows, id_tokens, state, token_endpoint
from gatehouse.oauth.providers import get_provider, is_configured
from gatehouse.oauth.table import StateRow
from gatehouse.sessions import ClientInfo
from gatehouse.telemetry import add_log_context

MAX_FORM_SIZE = 16 * 1024  # bytes
_MAX_FIELDS, _MAX_FIELD = 20, 4 * 1024  # of a form; characters
_PARAMETERS = ("code", "state", "error", "error_description", "iss")
_ERROR = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,200}", re.ASCII)  # RFC 6749, 4.1.2.1
_BAD_REQUESTS = (InvalidInput, StateNotFound, StateMismatch, NoCode, InvalidCode)
_NAMES: dict[type[Refusal], str] = {
    InvalidIdToken: "unable_to_get_user_info",
    SessionEnded: "unable_to_link_account",  # the session that asked for it
    LinkingDifferentEmails: "email_does_not_match",
    LinkingNotAllowed: "unable_to_link_account",
    SocialAccountAlreadyLinked: "account_already_linked_to_different_user",
    UserEmailNotFound: "email_not_found",
}


def handle_callback(request: Request, client: ClientInfo, name: str, *, strict: bool = False) -> Response:
    """Complete a sign-in at a provider and redirect to its target. With `strict`, a bad state or code is a 400.

    A state is used up only by the browser that began the sign-in. Whoever comes without one, but with a session, is
    redirected as after a sign-in: mostly they used the browser's Back. Where an app began it, its link gets the session
    or the error, and the browser is not signed in.

    Raises ProviderNotFound for an unknown provider.
    """
    _check_configured(name)
    repeated = [name for name in _PARAMETERS if len(request.query_params.getlist(name)) > 1]
    given = "" if "state" in repeated else request.query_params.get("state", "")
    is_own = has_state(request, given)
    row = state.consume_state(given, name) if is_own else None
    found = row or (state.find_state(given) if given else None)
    if given and not row and not (found and (found.link_user or found.app_url)) and find_session_user(request):
        return redirect(_target(request, found))
    try:
        if repeated:
            raise InvalidInput(f"[query.{repeated[0]}] Each parameter may be given once.")
        if not row:
            raise _state_error(request, given, found)
        response = _complete(request, client, row)
    except Refusal as refusal:
        if strict and isinstance(refusal, _BAD_REQUESTS):
            raise
        response = _redirect_error(request, found, refusal)
        request.state.outcome = refusal.code
        if refusal.cause:
            add_log_context(cause=refusal.cause)
    if is_own and (row or not found):  # used up, or gone
        remove_state(request, response, given)
    return response


async def redirect_as_get(request: Request, name: str) -> Response:
    """Redirect a POST callback to GET: browsers send our SameSite cookies only with that.

    Raises ProviderNotFound, and InvalidInput for a form that is too large.
    """
    _check_configured(name)
    query = request.query_params
    form = [(name, value) for name, value in _parse_form(await request.body()) if name not in query]
    known = [(name, value) for name, value in (*query.multi_items(), *form) if name in _PARAMETERS]
    location = f"/api/auth/callback/{quote(name, safe='')}?{urlencode(known)}"
    return Response(status_code=HTTPStatus.FOUND, headers={"location": encode_location(location)})


def _check_configured(name: str) -> None:
    if not is_configured(name):
        raise ProviderNotFound


def _parse_form(body: bytes) -> list[tuple[str, str]]:
    try:
        fields = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        fields = None
    if fields is None or any(len(text) > _MAX_FIELD for field in fields for text in field):
        raise InvalidInput(f"[body] A form has at most {_MAX_FIELDS} fields of {_MAX_FIELD} characters.")
    return [(name, value) for name, value in fields if value]


def _target(request: Request, row: StateRow | None) -> str:
    return (row and row.callback_url) or config().frontend_url or base_url(request)


def _state_error(request: Request, given: str, row: StateRow | None) -> Refusal:
    """Return the error of a state that cannot be used. One that waits has a cookie, in the browser that began it."""
    if not given:
        return StateNotFound()
    return StateMismatch(details={"reason": STATE_COOKIE_MISSING} if row and not has_states(request) else None)


def _redirect_error(request: Request, row: StateRow | None, refusal: Refusal) -> Response:
    """Redirect to where the client wants errors, which an app does at its link; else to our page, which leads back to
    where the sign-in would have.
    """
    told = {"error": _error_name(refusal, request), "error_description": _error_description(refusal, request)}
    if target := row and (row.error_callback_url or (row.app_url and row.callback_url)):
        return redirect(target, **told)
    return redirect(f"{base_url(request)}/api/auth/error", **told, callbackURL=row.callback_url if row else None)


def _complete(request: Request, client: ClientInfo, row: StateRow) -> Response:
    provider_config, given = get_provider(row.provider_id), request.query_params
    if "error" in given:
        raise ProviderRefused
    if not given.get("code"):
        raise NoCode
    if given.get("iss", provider_config.issuer) not in provider_config.issuers:
        raise IssuerMismatch
    redirect_uri = f"{base_url(request)}{request.scope['path']}"
    tokens = token_endpoint.exchange_code(
        provider_config, given["code"], verifier=row.verifier, redirect_uri=redirect_uri
    )
    identity = id_tokens.verify_id_token(provider_config, tokens.id_token or "", row.nonce)
    tokens = replace(tokens, scopes=tokens.scopes or tuple(row.scopes))
    target = _target(request, row)
    if row.link_user:
        flows.link_identity(row.link_user, row.link_session, identity, tokens, client)
        return redirect(target)
    result = flows.sign_in_with_identity(identity, tokens, client)
    target = (result.is_new and row.new_user_callback_url) or target
    if isinstance(result.opened, Challenge):
        return _ask_second_factor(request, row, target, result.user, result.opened)
    if row.app_url:
        add_log_context(user_id=result.user.id)
        response = redirect(target, cookie=format_session(request, result.opened.session, result.opened.token))
    else:
        response = redirect(target)
        start_session(request, response, result.user, result.opened)
    remember_device(request, response, result.user.email, is_proven=result.user.is_proven)
    return response


def _ask_second_factor(request: Request, row: StateRow, target: str, user: User, challenge: Challenge) -> Response:
    """Redirect to the page that asks for the second factor and leads on: ours, or where there is none, the target.

    An app is asked at its link, which gets the token: the browser keeps no cookie for it.
    """
    asked = {"twoFactorRedirect": "true", "twoFactorMethods": ",".join(challenge.methods)}
    if row.app_url:
        return redirect(target, **asked, two_factor_token=challenge.token)
    hosted = config().hosted_pages
    page = f"{base_url(request)}/two-factor" if hosted else target
    response = redirect(page, **asked, callbackURL=target if hosted else None)
    start_challenge(request, response, user, challenge)
    return response


def _error_name(refusal: Refusal, request: Request) -> str:
    if isinstance(refusal, OAuthLinkError):
        return str(refusal).replace(" ", "_")
    if isinstance(refusal, ProviderRefused):
        error = request.query_params["error"]
        return error if _ERROR.fullmatch(error) else refusal.code.lower()
    return _NAMES.get(type(refusal), refusal.code.lower())


def _error_description(refusal: Refusal, request: Request) -> str | None:
    if isinstance(refusal, StateMismatch):
        return STATE_COOKIE_MISSING if refusal.details else None
    description = request.query_params.get("error_description", "")
    return description if isinstance(refusal, ProviderRefused) and _DESCRIPTION.fullmatch(description) else None
