"""Refusals as answers, and the headers that every answer carries."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gatehouse.errors import BadRequest, InternalError, InvalidInput, MethodNotAllowed, NotFound, Refusal

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


def refusal_answer(refusal: Refusal, request_id: str) -> Response:
    """The one shape of an error: `{code, message, details?, requestId}`."""
    body = {"code": refusal.code, "message": str(refusal), "details": refusal.details, "requestId": request_id}
    answer = Response(
        json.dumps({key: value for key, value in body.items() if value is not None}),
        status_code=refusal.answer_status,
        media_type="application/json",
    )
    answer.headers.update(refusal.headers)
    if refusal.answer_status == 401:  # noqa: PLR2004 -- a status
        known = ', error="invalid_token"' if refusal.code in {"INVALID_TOKEN", "TOKEN_EXPIRED"} else ""
        answer.headers["www-authenticate"] = f'Bearer realm="gatehouse"{known}'
    return answer


def as_refusal(error: Exception) -> Refusal:
    """What FastAPI and Starlette raise, in our words. Values that were sent are never repeated."""
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors())
    if isinstance(error, HTTPException):
        return _BY_STATUS.get(error.status_code, InternalError)()
    return InternalError()


def _invalid(errors: Sequence[Any]) -> Refusal:
    details = [
        {"field": ".".join(str(part) for part in error["loc"]), "message": error["msg"].removeprefix("Value error, ")}
        for error in errors
    ]
    return InvalidInput("; ".join(f"[{entry['field']}] {entry['message']}" for entry in details), details=details)
