"""Error responses, and the security headers of every response."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gatehouse.errors import (
    BadRequest,
    InternalError,
    InvalidInput,
    InvalidToken,
    MethodNotAllowed,
    NotFound,
    Refusal,
    TokenExpired,
)
from gatehouse.http.navigation import page_details, plain_page

SECURITY_HEADERS = [
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"cache-control", b"no-store"),
    (b"pragma", b"no-cache"),
]
_BY_STATUS: dict[int, type[Refusal]] = {400: BadRequest, 404: NotFound, 405: MethodNotAllowed}


def error_response(request: Request, refusal: Refusal, request_id: str, *, as_page: bool = False) -> Response:
    """Return the JSON error response: `{code, message, details?, requestId}`; or a page with the same status."""
    body = {"code": refusal.code, "message": str(refusal), "details": refusal.details, "requestId": request_id}
    if as_page:
        content = plain_page(request, refusal.code, page_details(str(refusal), request_id))
    else:
        content = json.dumps({key: value for key, value in body.items() if value is not None})
    media_type = "text/html" if as_page else "application/json"
    response = Response(content, status_code=refusal.http_status, media_type=media_type)
    response.headers.update(refusal.headers)
    if refusal.http_status == 401:  # noqa: PLR2004 -- a status
        known = ', error="invalid_token"' if refusal.code in {"INVALID_TOKEN", "TOKEN_EXPIRED"} else ""
        response.headers["www-authenticate"] = f'Bearer realm="gatehouse"{known}'
    return response


@contextmanager
def token_errors_as(status: HTTPStatus) -> Iterator[None]:
    """Give InvalidToken and TokenExpired another status: which one depends on the endpoint."""
    try:
        yield
    except (InvalidToken, TokenExpired) as refusal:
        raise type(refusal)(status=status) from None


def to_refusal(error: Exception) -> Refusal:
    """Convert an exception of FastAPI or Starlette to a Refusal. It never repeats submitted values."""
    if isinstance(error, RequestValidationError):
        return _invalid_input(error.errors())
    if isinstance(error, HTTPException):
        return _BY_STATUS.get(error.status_code, InternalError)()
    return InternalError()


def _invalid_input(errors: Sequence[Any]) -> Refusal:
    details = [
        {"field": ".".join(str(part) for part in error["loc"]), "message": error["msg"].removeprefix("Value error, ")}
        for error in errors
    ]
    return InvalidInput("; ".join(f"[{entry['field']}] {entry['message']}" for entry in details), details=details)
