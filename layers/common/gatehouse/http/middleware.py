"""ASGI middleware around each function's routes.

In order: size of the body, origin, rate limit, authentication, the user's limit, the body's form, redirect targets,
then the endpoint. Every response gets one error format, the security headers and a correlation id, and is logged in one
line.
"""

import json
from asyncio import sleep
from collections.abc import Callable
from time import perf_counter
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatehouse import telemetry
from gatehouse.errors import (
    BadRequest,
    InvalidInput,
    PayloadTooLarge,
    Refusal,
    ServiceUnavailable,
    TooManyWrongPasswords,
    UnsupportedMediaType,
)
from gatehouse.http.authentication import authenticate, check_second_factor
from gatehouse.http.client_address import client_address
from gatehouse.http.cookies import cleared_cookies
from gatehouse.http.error_responses import SECURITY_HEADERS, error_response, to_refusal
from gatehouse.http.navigation import is_navigation
from gatehouse.http.origin import check_origin, check_redirect_targets
from gatehouse.http.policy import AccessPolicy
from gatehouse.outages import is_outage

_METHODS_WITH_BODY = {"POST", "PUT", "PATCH"}
_CONSTANT_TIME_STEP = 0.1  # seconds
_MAX_CAUSE_LENGTH = 200


class RequestMiddleware:
    """ASGI middleware around the routes of one function."""

    def __init__(self, app: ASGIApp, *, name: str, policy: AccessPolicy) -> None:
        """`name` identifies the function in logs and to the rate limiter."""
        self.app = app
        self.name = name
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; every exception becomes an error response."""
        started = perf_counter()
        request = Request(scope)
        event = scope["aws.event"]
        correlation = telemetry.correlation_id(request.headers, event["requestContext"].get("requestId", ""))
        telemetry.add_log_context(correlation_id=correlation, route=event.get("routeKey"), ip=client_address(request))
        recorder = ResponseRecorder(request, send, correlation)
        try:
            await self._handle(request, receive, recorder.send)
            recorder.code = getattr(request.state, "outcome", "OK")
        except Exception as error:  # noqa: BLE001 -- the edge: every exception becomes a response
            refusal = _to_refusal(error)
            recorder.code = refusal.code
            if refusal.cause:
                telemetry.add_log_context(cause=refusal.cause[:_MAX_CAUSE_LENGTH])
            response = error_response(request, refusal, correlation, as_page=self._is_for_people(request))
            if isinstance(refusal, TooManyWrongPasswords) and self.policy.clear_session:
                self.policy.clear_session(request, response)
            await response(scope, receive, recorder.send)
        self._record(recorder)
        if self.policy.constant_time:
            await sleep(-(perf_counter() - started) % _CONSTANT_TIME_STEP)

    async def _handle(self, request: Request, receive: Receive, send: Send) -> None:
        request.state.verifies_cookies = self.policy.verifies_cookies
        request.state.admits_access_tokens = self.policy.admits_access_tokens
        _check_size(request.scope["aws.event"], self.policy.max_body_size)
        if not self.policy.allow_cross_site:
            check_origin(request, signs_in=self.policy.signs_in)
        if self.policy.rate_limit:
            self.policy.rate_limit(self.name, client_address(request))
        if not self.policy.public:
            started = perf_counter()
            caller = authenticate(request, with_profile=self.policy.with_profile, user_row=self.policy.user_row)
            request.state.caller = caller
            check_second_factor(caller.session, caller.profile, admits_setup=self.policy.admits_setup)
            telemetry.record_duration("AuthValidation", perf_counter() - started, function=self.name)
            telemetry.add_log_context(user_id=caller.id)
            if self.policy.user_limit:
                self.policy.user_limit(caller.id, caller.row)
        message = await receive()
        if not self.policy.serves_pages:
            check_redirect_targets(
                request, None if self.policy.allow_cross_site else _json_body(request, message["body"])
            )
            repeated = len(request.query_params.multi_items()) != len(request.query_params)
            if repeated and not self.policy.allow_cross_site:
                raise InvalidInput("[query] Each parameter may be given once.")
        await self.app(request.scope, _replay(message), send)

    def _is_for_people(self, request: Request) -> bool:
        """Whether a person sees the response: one who opened a link, or whom a provider sent on by POST."""
        return (request.method == "GET" or self.policy.allow_cross_site) and is_navigation(request)

    def _record(self, recorder: "ResponseRecorder") -> None:
        telemetry.record_outcome(self.name, recorder.code, status=recorder.status)
        telemetry.clear_log_context()


class ResponseRecorder:
    """Sends the response, adds the common headers, and records its status for the log."""

    def __init__(self, request: Request, send: Send, correlation: str) -> None:
        """Messages go on to `send`."""
        self.code = "OK"
        self.status = 0
        self._request = request
        self._send = send
        self._headers = [*SECURITY_HEADERS, (b"x-correlation-id", correlation.encode())]

    async def send(self, message: Message) -> None:
        """Add the common headers and cleared cookies that the response does not set itself, and record the status. The
        response to HEAD has no body.
        """
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = message.get("headers", [])
            present = {name for name, _ in own}
            present |= {b"pragma"} if b"cache-control" in present else set()  # the same, to HTTP/1.0
            own = [*own, *cleared_cookies(self._request, own)]
            message["headers"] = [*own, *(header for header in self._headers if header[0] not in present)]
        elif self._request.method == "HEAD":
            message["body"] = b""
        await self._send(message)


def _to_refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, RequestValidationError | HTTPException):
        return to_refusal(error)
    refusal = ServiceUnavailable() if is_outage(error) else to_refusal(error)
    telemetry.logger.exception("unexpected error")
    return refusal


def _check_size(event: dict[str, Any], most: int) -> None:
    """Raise PayloadTooLarge for a body of more bytes, before it is read or parsed."""
    body = event.get("body") or ""
    size = len(body)
    if event.get("isBase64Encoded"):
        size = size * 3 // 4 - body[-2:].count("=")
    elif size <= most:  # so many characters; they may have more bytes
        size = len(body.encode("utf-8", "surrogatepass"))
    if size > most:
        raise PayloadTooLarge(f"The request body is larger than {most // 1024} KiB.")


def _json_body(request: Request, body: bytes) -> Any:
    if not body or request.method not in _METHODS_WITH_BODY:
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    try:
        text = body.decode()  # json.loads would accept UTF-16 and UTF-32 as well
        sent = json.loads(text)
        if "\\ud" in text.lower():
            json.dumps(sent, ensure_ascii=False).encode()  # half of a surrogate pair cannot be stored
    except (ValueError, RecursionError):
        raise BadRequest from None
    return sent


def _replay(message: Message) -> Callable[[], Any]:
    async def receive() -> Message:
        return message

    return receive
