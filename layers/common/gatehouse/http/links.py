"""Answers to mailed links: where a person who opened one goes on to."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.responses import JSONResponse

from gatehouse import accounts
from gatehouse.accounts import Verified
from gatehouse.config import config
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http.entry import after_verifying
from gatehouse.http.origin import base_url, location
from gatehouse.http.shapes import UserBody
from gatehouse.sessions import Client
from gatehouse.tokens import Purpose


def _is_script(request: Request) -> bool:
    """Whether a script asks, rather than a person, or a mail scanner, who opens a link."""
    mode = request.headers.get("sec-fetch-mode")
    if mode:
        return mode in {"cors", "same-origin"}
    return "text/html" not in request.headers.get("accept", "")


def _page(request: Request, path: str, **query: str) -> Response:
    """On to a page of the frontend, or of ours."""
    site = config().frontend_url.rstrip("/") or base_url(request)
    return _redirect(f"{site}{path}", query)


def _absolute(request: Request, target: str) -> str:
    """`target` as a whole URL."""
    return f"{base_url(request)}{target}" if target.startswith("/") else target


def onward(target: str, **query: str) -> Response:
    """On to where the link was asked to lead, which the door has checked."""
    return _redirect(target, query)


def follow_verification(request: Request, client: Client, token: str, callback_url: str) -> Response:
    """What comes of a verification link: a person is led to the page behind it, a script consumes it."""
    if not _is_script(request):
        return _page(request, "/verify-email", token=token, callbackURL=callback_url)
    try:
        verified = accounts.verify_email(token, client)
    except (InvalidToken, TokenExpired) as refusal:
        if callback_url:
            return onward(callback_url, error=refusal.code)
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None
    answer = onward(callback_url) if callback_url else JSONResponse(_done(verified))
    after_verifying(request, answer, verified)
    return answer


def _done(verified: Verified) -> dict[str, Any]:
    match verified.purpose:
        case Purpose.CONFIRM_EMAIL_CHANGE:
            return {"status": True}
        case Purpose.CHANGE_EMAIL:
            return {"status": True, "user": UserBody.of(verified.user).model_dump(mode="json", by_alias=True)}
    return {"status": True, "user": None}


def follow_reset(request: Request, token: str, callback_url: str) -> Response:
    """What comes of a reset link: on to where a new password can be typed. Nothing is consumed."""
    target = _absolute(request, callback_url or "/reset-password")
    try:
        accounts.check_reset(token)
    except (InvalidToken, TokenExpired):
        return onward(target, error=InvalidToken.code)
    return onward(target, token=token)


def _redirect(url: str, query: dict[str, str]) -> Response:
    """On to `url` as it was given, with `query` before its fragment: `app:///x` does not survive a parser."""
    page, hash_sign, fragment = url.partition("#")
    added = urlencode({name: value for name, value in query.items() if value})
    joint = ("&" if "?" in page else "?") if added else ""
    whole = f"{page}{joint}{added}{hash_sign}{fragment}"
    return Response(status_code=HTTPStatus.FOUND, headers={"location": location(whole)})
