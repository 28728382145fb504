"""What every request passes on its way in and every answer on its way out.

In order: origin, how often, who is calling, the body's form, where a redirect may lead; then the endpoint. Whatever
happens there, the answer has one shape, the security headers and a correlation id, and one log line tells how it went.
"""

import json
from asyncio import sleep
from collections.abc import Callable
from dataclasses import dataclass
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
    UnsupportedMediaType,
)
from gatehouse.http.answers import SECURITY_HEADERS, as_refusal, refusal_answer
from gatehouse.http.origin import check_origin, check_targets
from gatehouse.http.people import identify
from gatehouse.http.rates import check_rate
from gatehouse.outages import is_outage

_LARGEST_BODY = 256 * 1024  # bytes
_WITH_BODY = {"POST", "PUT", "PATCH"}
_EVEN_STEP = 0.1  # seconds
_LONGEST_CAUSE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Admits:
    """Whom a function lets in, and what it knows of them."""

    public: bool
    with_profile: bool
    holds_secret: bool
    evenly: bool
    from_elsewhere: bool
    pages: bool


class Door:
    """ASGI middleware around the routes of one function."""

    def __init__(self, app: ASGIApp, *, name: str, admits: Admits) -> None:
        """`name` is what the log and the limiter call the function."""
        self.app = app
        self.name = name
        self.admits = admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        begun = perf_counter()
        request = Request(scope)
        event = scope["aws.event"]
        correlation = telemetry.correlation_id(request.headers, event["requestContext"].get("requestId", ""))
        telemetry.note(correlation_id=correlation, route=event.get("routeKey"), ip=_address(request))
        outcome = Outcome(send, correlation)
        try:
            await self._let_in(request, receive, outcome.send)
            outcome.code = getattr(request.state, "outcome", "OK")
        except Exception as error:  # noqa: BLE001 -- the edge: nothing passes but an answer
            refusal = _explained(error)
            outcome.code = refusal.code
            if refusal.cause:
                telemetry.note(cause=refusal.cause[:_LONGEST_CAUSE])
            await refusal_answer(refusal, correlation)(scope, receive, outcome.send)
        self._record(outcome)
        if self.admits.evenly:
            await sleep(-(perf_counter() - begun) % _EVEN_STEP)

    async def _let_in(self, request: Request, receive: Receive, send: Send) -> None:
        request.state.holds_secret = self.admits.holds_secret
        if not self.admits.from_elsewhere:
            check_origin(request)
        check_rate(self.name, _address(request))
        if not self.admits.public:
            begun = perf_counter()
            request.state.caller = identify(request, with_profile=self.admits.with_profile)
            telemetry.took("AuthValidation", perf_counter() - begun, function=self.name)
            telemetry.note(user_id=request.state.caller.id)
        message = await receive()
        if not self.admits.pages:
            check_targets(request, None if self.admits.from_elsewhere else _sent(request, message["body"]))
            if len(request.query_params.multi_items()) != len(request.query_params):
                raise InvalidInput("[query] Each parameter may be given once.")
        await self.app(request.scope, _again(message), send)

    def _record(self, outcome: "Outcome") -> None:
        telemetry.outcome(self.name, outcome.code, status=outcome.status)
        telemetry.forget()


class Outcome:
    """How a request went, seen from what is sent."""

    def __init__(self, send: Send, correlation: str) -> None:
        """Answers go on to `send`, with our headers."""
        self.code = "OK"
        self.status = 0
        self._send = send
        self._headers = [*SECURITY_HEADERS, (b"x-correlation-id", correlation.encode())]

    async def send(self, message: Message) -> None:
        """Add what every answer carries, unless it says otherwise itself, and take note."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = message.get("headers", [])
            said = {name for name, _ in own}
            said |= {b"pragma"} if b"cache-control" in said else set()  # the same, to HTTP/1.0
            message["headers"] = [*own, *(header for header in self._headers if header[0] not in said)]
        await self._send(message)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _explained(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, RequestValidationError | HTTPException):
        return as_refusal(error)
    refusal = ServiceUnavailable() if is_outage(error) else as_refusal(error)
    telemetry.logger.exception("unexpected error")
    return refusal


def _sent(request: Request, body: bytes) -> Any:
    if not body or request.method not in _WITH_BODY:
        return None
    if len(body) > _LARGEST_BODY:
        raise PayloadTooLarge
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    try:
        text = body.decode()  # json.loads would guess, and take UTF-16 and UTF-32 as well
        sent = json.loads(text)
        if "\\ud" in text.lower():
            json.dumps(sent, ensure_ascii=False).encode()  # half of a surrogate pair is no text that could be kept
    except (ValueError, RecursionError):
        raise BadRequest from None
    return sent


def _again(message: Message) -> Callable[[], Any]:
    async def receive() -> Message:
        return message

    return receive
