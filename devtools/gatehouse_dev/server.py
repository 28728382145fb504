"""The local API Gateway: an ASGI app that passes every request to its function."""

import asyncio
import re
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from gatehouse_dev import browser_guard, console, event_payload, fake_provider, gateway, pages, request_log
from gatehouse_dev.gateway import Api
from gatehouse_dev.messages import Request, Response, message
from gatehouse_dev.routing import Match
from gatehouse_dev.stack import Stack
from gatehouse_dev.template_file import Properties

INTEGRATION_LIMIT_SECONDS = 30.0

LONG_SEGMENT = re.compile(r"[^/]{25,}")  # it could be a token

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]


class Server:
    """The ASGI app."""

    def __init__(
        self,
        stack: Stack,
        port: int,
        limit_seconds: float = INTEGRATION_LIMIT_SECONDS,
        log: request_log.Log = request_log.print_line,
    ) -> None:
        self._stack = stack
        self._log = log
        self._authority = f"localhost:{port}"
        self._limit_seconds = limit_seconds
        base_url = stack.cloud.template.parameters.get("BaseUrl", "")
        self._names = tuple(name for name in [urlsplit(base_url).hostname] if name)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return
        began = time.monotonic()
        api = self._stack.api
        request = self._request(scope)
        match = api.match(request)
        event: request_log.Event = {}
        if browser_guard.is_own_host(request.header, self._names):
            response = await self._answer(api, request, match, receive, event)
        else:
            response = message(403, "This host name is not served here.")
        await _send(send, request, response)
        if not request.raw_path.startswith(pages.LOCAL_PATHS):
            self._log(
                request_log.Entry(
                    what=_what(request, match), status=response.status, seconds=time.monotonic() - began, event=event
                )
            )

    async def _answer(
        self, api: Api, request: Request, match: Match | None, receive: Receive, logged: request_log.Event
    ) -> Response:
        if (preflight := api.preflight(request)) is not None:
            return preflight
        if match is None:
            own = None if api.has_path(request) else await self._local_response(request, api, receive)
            return own or api.finalize(request, gateway.NOT_FOUND)
        body = await _body(receive)
        if body is None:
            return api.finalize(request, gateway.TOO_LARGE)
        event = event_payload.make_event(replace(request, body=body), match)
        return api.finalize(request, await self._call(match.route.function, event, logged))

    async def _local_response(self, request: Request, api: Api, receive: Receive) -> Response | None:
        """Return the response for paths of the local cloud: pages, the fake provider and schedules run on request.

        They are not for other sites, which may only send a browser to the fake provider's page, as to Google's.
        """
        leads_to_provider = fake_provider.is_page(request) and browser_guard.is_navigation(request.header)
        if browser_guard.is_cross_site(request.header, self._names) and not leads_to_provider:
            return message(403, "Other sites cannot use the local cloud.")
        if fake_provider.handles(request):
            whole = replace(request, body=await _body(receive) or b"")
            return await _in_thread(lambda: fake_provider.respond(whole))
        name = request.raw_path.removeprefix(pages.SCHEDULES)
        event = self._stack.schedules.event(name)
        if event is not None and (request.method, request.raw_path) == ("POST", f"{pages.SCHEDULES}{name}"):
            return await self._call(name, event, {})
        return pages.page(request, api, self._stack.schedules.expressions, self._stack.cloud.mails())

    async def _call(self, name: str, event: Properties, logged: request_log.Event) -> Response:
        def work() -> Response:
            request_log.collect_outcome(logged)
            return gateway.run_integration(name, lambda: self._stack.fleet.invoke(name, event))

        try:
            return await asyncio.wait_for(_in_thread(work), self._limit_seconds)
        except TimeoutError:
            console.report_error(f"{name} did not respond within {self._limit_seconds:g} s")
            return gateway.TIMED_OUT

    def _request(self, scope: Message) -> Request:
        return Request(
            method=scope["method"],
            raw_path=scope["raw_path"].decode("latin-1").partition("?")[0],
            raw_query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            peer=scope["client"][0] if scope.get("client") else "127.0.0.1",
            authority=self._authority,
            protocol=f"HTTP/{scope['http_version']}",
        )


async def _body(receive: Receive) -> bytes | None:
    """Read the whole body; None when it exceeds API Gateway's limit."""
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        part = event.get("body", b"")
        size += len(part)
        if size <= gateway.REQUEST_LIMIT:
            parts.append(part)
        if not event.get("more_body", False):
            return b"".join(parts) if size <= gateway.REQUEST_LIMIT else None


async def _in_thread(work: Callable[[], Response]) -> Response:
    """Run in a daemon thread, so that work that never ends does not keep the server from stopping."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Response] = loop.create_future()

    def settle(response: Response) -> None:
        if not future.done():
            future.set_result(response)

    def run() -> None:
        response = work()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, response)

    threading.Thread(target=run, daemon=True).start()
    return await future


async def _send(send: Send, request: Request, response: Response) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else response.body})


def _what(request: Request, match: Match | None) -> str:
    """Return the route of a request, whose path may have tokens."""
    return match.route.key if match else f"{request.method} {LONG_SEGMENT.sub('…', request.raw_path)}"
