"""Responses to mailed links: redirects to the page or the callback URL."""

from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from starlette.responses import JSONResponse

from gatehouse.accounts import recovery, verification
from gatehouse.accounts.verification import VerificationResult
from gatehouse.api.accounts.redemption import redemption_of
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.verification import apply_verification
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.errors.accounts import PasswordRequired
from gatehouse.http.origin import base_url, encode_location
from gatehouse.sessions import ClientInfo
from gatehouse.site import add_query, page_url, resolve_target
from gatehouse.tokens import Purpose

_PREFETCH = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def is_script(request: Request) -> bool:
    """Whether a script sent the request, rather than a person or a mail scanner that opens a link, a page that shows
    it as an image, or a browser that prefetches it.
    """
    headers = request.headers
    if any(name in headers for name in _PREFETCH) or headers.get("sec-fetch-dest", "empty") != "empty":
        return False
    if mode := headers.get("sec-fetch-mode"):
        return mode in {"cors", "same-origin"}
    preferred = headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    return preferred in {"", "*/*", "application/json"}  # browsers that send no metadata name what they want to show


def redirect_to_page(request: Request, path: str, **query: str | None) -> Response:
    """Redirect to a page that mailed links open, hosted or the frontend's."""
    return redirect(page_url(path, base_url(request)), **query)


def redirect(target: str, **query: str | None) -> Response:
    """Redirect to `target`, which the middleware has checked; home for a path that names no page."""
    location = add_query(resolve_target(target) or "/", **query)
    return Response(status_code=HTTPStatus.FOUND, headers={"location": encode_location(location)})


def follow_verification(request: Request, client: ClientInfo, token: str, callback_url: str) -> Response:
    """Handle a verification link: a person is redirected to the page behind it, a script consumes the token."""
    if not is_script(request):
        return redirect_to_page(request, "/verify-email", token=token, callbackURL=resolve_target(callback_url))
    try:
        verified = verification.verify_email(redemption_of(request, client, token))
    except (InvalidToken, TokenExpired, PasswordRequired) as refusal:
        if callback_url:
            return redirect(callback_url, error=refusal.code)
        if isinstance(refusal, PasswordRequired):
            raise
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None
    response = redirect(callback_url) if callback_url else JSONResponse(_verification_body(verified))
    apply_verification(request, response, verified)
    return response


def _verification_body(verified: VerificationResult) -> dict[str, Any]:
    match verified.purpose:
        case Purpose.CONFIRM_EMAIL_CHANGE:
            return {"status": True}
        case Purpose.CHANGE_EMAIL:
            return {"status": True, "user": UserBody.of(verified.user).model_dump(mode="json", by_alias=True)}
    return {"status": True, "user": None}


def follow_reset(request: Request, token: str, callback_url: str) -> Response:
    """Redirect a reset link to the page that asks for a new password. It does not consume the token."""
    outcome = {"token": token}
    try:
        recovery.check_reset(token)
    except (InvalidToken, TokenExpired):
        outcome = {"error": InvalidToken.code}
    if target := resolve_target(callback_url):
        return redirect(f"{base_url(request)}{target}" if target.startswith("/") else target, **outcome)
    return redirect_to_page(request, "/reset-password", **outcome)
