"""The Gatehouse deployment over HTTP: what it answers within the time, or AuthUnavailable."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from threading import Lock

import httpx2

from gatehouse_fastapi.refusals import AuthUnavailable

_LARGEST_ANSWER = 64 * 1024  # bytes
_IDLE = 30  # seconds that a connection is kept
_LONGEST_WAIT = 300  # seconds that callers are asked to wait
_CUT_OFF = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


class Service:
    """Where to ask, and how long to wait. Connections are kept, for each event loop its own."""

    def __init__(self, base_url: str, timeout: float) -> None:
        """`timeout` is for the whole of a call, in seconds, however slowly the answer comes."""
        self._base_url = base_url
        self._timeout = timeout
        self._clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}
        self._lock = Lock()

    async def get(self, path: str, headers: Mapping[str, str]) -> bytes:
        """The body of a 200, over a connection that is kept; raises AuthUnavailable for anything else."""
        return await self._get(self._client(), path, headers)

    async def get_once(self, path: str) -> bytes:
        """The same, over a connection of its own, for an event loop that will not last."""
        async with self._new_client() as client:
            return await self._get(client, path, {})

    async def aclose(self) -> None:
        """Close the connections of this event loop. They are opened anew when somebody asks again."""
        with self._lock:
            client = self._clients.pop(asyncio.get_running_loop(), None)
        if client:
            await client.aclose()

    async def _get(self, client: httpx2.AsyncClient, path: str, headers: Mapping[str, str]) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._twice(client, path, headers)
        except TimeoutError:
            raise AuthUnavailable(f"no answer within {self._timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise AuthUnavailable(f"{type(error).__name__}: {error}") from error

    async def _twice(self, client: httpx2.AsyncClient, path: str, headers: Mapping[str, str]) -> bytes:
        """Once more where the connection broke: a kept one may be closed by the other side as it is used."""
        try:
            return await self._once(client, path, headers)
        except _CUT_OFF:
            return await self._once(client, path, headers)

    async def _once(self, client: httpx2.AsyncClient, path: str, headers: Mapping[str, str]) -> bytes:
        async with client.stream("GET", f"{self._base_url}{path}", headers=headers) as response:
            if response.status_code != HTTPStatus.OK:
                raise AuthUnavailable(f"status {response.status_code}", _retry_after(response.headers))
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _LARGEST_ANSWER:
                    raise AuthUnavailable("the answer is too large")
            return body

    def _client(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        with self._lock:
            for gone in [known for known in self._clients if known.is_closed()]:
                del self._clients[gone]
            if loop not in self._clients:
                self._clients[loop] = self._new_client()
            return self._clients[loop]

    def _new_client(self) -> httpx2.AsyncClient:
        """A client without a memory for cookies: one caller's must never go out with another's request."""
        return httpx2.AsyncClient(
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            headers={"accept": "application/json", "user-agent": f"gatehouse-fastapi/{_version()}"},
            limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_IDLE),
            timeout=self._timeout,
            verify=_trust(),
        )


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed: read once, for it takes as long as many requests."""
    return httpx2.create_ssl_context()


def _retry_after(headers: Mapping[str, str]) -> int:
    given = headers.get("retry-after") or headers.get("x-retry-after") or ""
    if re.fullmatch(r"[0-9]{1,4}", given) and 0 < int(given) <= _LONGEST_WAIT:
        return int(given)
    return AuthUnavailable.RETRY_AFTER


def _version() -> str:
    try:
        return version("gatehouse-fastapi")
    except PackageNotFoundError:
        return "source"
