"""HTTP calls to the Gatehouse deployment, with a timeout for the whole call; failures are AuthUnavailable."""

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

_MAX_RESPONSE_SIZE = 64 * 1024  # bytes
_IDLE_SECONDS = 30  # seconds after which an idle connection is closed
_MAX_RETRY_AFTER = 300  # seconds that callers may be asked to wait
_CONNECTION_ERRORS = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


class Service:
    """The deployment and the timeout. Each event loop has its own persistent connections."""

    def __init__(self, base_url: str, timeout: float) -> None:
        """`timeout` is for the whole of a call, in seconds, however slowly the response arrives."""
        self._base_url = base_url
        self._timeout = timeout
        self._clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}
        self._lock = Lock()

    async def get(self, path: str, headers: Mapping[str, str]) -> bytes:
        """Return the body of a 200, over a persistent connection; raises AuthUnavailable for anything else."""
        return await self._get(self._client(), path, headers)

    async def get_once(self, path: str) -> bytes:
        """As `get`, over a new connection, for an event loop that will not last."""
        async with self._new_client() as client:
            return await self._get(client, path, {})

    async def aclose(self) -> None:
        """Close the connections of this event loop. The next call opens them again."""
        with self._lock:
            client = self._clients.pop(asyncio.get_running_loop(), None)
        if client:
            await client.aclose()

    async def _get(self, client: httpx2.AsyncClient, path: str, headers: Mapping[str, str]) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._get_with_retry(client, path, headers)
        except TimeoutError:
            raise AuthUnavailable(f"no response within {self._timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise AuthUnavailable(f"{type(error).__name__}: {error}") from error

    async def _get_with_retry(self, client: httpx2.AsyncClient, path: str, headers: Mapping[str, str]) -> bytes:
        """Retry once when the connection broke: the other side may close an idle one as it is used."""
        try:
            return await self._get_once(client, path, headers)
        except _CONNECTION_ERRORS:
            return await self._get_once(client, path, headers)

    async def _get_once(self, client: httpx2.AsyncClient, path: str, headers: Mapping[str, str]) -> bytes:
        async with client.stream("GET", f"{self._base_url}{path}", headers=headers) as response:
            if response.status_code != HTTPStatus.OK:
                raise AuthUnavailable(f"status {response.status_code}", _retry_after(response.headers))
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MAX_RESPONSE_SIZE:
                    raise AuthUnavailable("the response is too large")
            return body

    def _client(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        with self._lock:
            for closed in [known for known in self._clients if known.is_closed()]:
                del self._clients[closed]
            if loop not in self._clients:
                self._clients[loop] = self._new_client()
            return self._clients[loop]

    def _new_client(self) -> httpx2.AsyncClient:
        """Return a client that stores no cookies: one caller's must never be sent with another's request."""
        return httpx2.AsyncClient(
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            headers={"accept": "application/json", "user-agent": f"gatehouse-fastapi/{_version()}"},
            limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_IDLE_SECONDS),
            timeout=self._timeout,
            verify=_ssl_context(),
        )


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the SSL context, read once, because that takes as long as many requests."""
    return httpx2.create_ssl_context()


def _retry_after(headers: Mapping[str, str]) -> int:
    given = headers.get("retry-after") or headers.get("x-retry-after") or ""
    if re.fullmatch(r"[0-9]{1,4}", given) and 0 < int(given) <= _MAX_RETRY_AFTER:
        return int(given)
    return AuthUnavailable.RETRY_AFTER


def _version() -> str:
    try:
        return version("gatehouse-fastapi")
    except PackageNotFoundError:
        return "source"
