"""A client of a Gatehouse deployment."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from gatehouse_fastapi import credentials
from gatehouse_fastapi.credentials import Bearer, Cookies
from gatehouse_fastapi.keys import Keys
from gatehouse_fastapi.openapi import add_security_schemes
from gatehouse_fastapi.origins import TrustedOrigins
from gatehouse_fastapi.refusals import AuthUnavailable, Refusal
from gatehouse_fastapi.responses import error_response, request_id
from gatehouse_fastapi.service import Service
from gatehouse_fastapi.sessions import SessionCheck
from gatehouse_fastapi.tokens import TokenCheck
from gatehouse_fastapi.user import User

Check = Literal["session", "token"]

logger = logging.getLogger("gatehouse_fastapi")


class Gatehouse:
    """Authenticates requests. Create one per app and install it; it opens no connection before the first request."""

    def __init__(
        self,
        base_url: str,
        *,
        check: Check = "session",
        trusted_origins: Iterable[str] = (),
        issuer: str | None = None,
        audience: str | None = None,
        timeout: float = 5.0,
        leeway: float = 10.0,
    ) -> None:
        """`base_url` is the deployment's URL, without `/api/auth`; times are in seconds.

        `issuer` is the issuer of its tokens where that is another URL; `audience` is whom they are for, where the
        deployment's `AccessTokenAudience` is set. Raises ValueError for invalid settings.
        """
        self.base_url = _checked(base_url)
        self._origins = TrustedOrigins(trusted_origins)
        service = Service(self.base_url, timeout)
        issued_by = _checked(issuer or base_url)
        token_check = partial(TokenCheck, issuer=issued_by, audience=audience or issued_by, leeway=leeway)
        self._check = _check(check, service, token_check)

    @property
    def takes_cookies(self) -> bool:
        """Whether a session cookie is a credential here: with `check="session"`."""
        return self._check.takes_cookies

    def install(self, app: FastAPI) -> Self:
        """Serve `CurrentUser` and `OptionalUser` of this app's routes, and handle refusals."""
        app.state.gatehouse = self
        app.add_exception_handler(Refusal, error_response)  # type: ignore[arg-type] # it handles requests and WebSockets
        add_security_schemes(app)
        return self

    async def user(self, connection: HTTPConnection) -> User | None:
        """Return the user of a request or a WebSocket; None only without credentials. Raises a Refusal.

        A bearer token takes precedence: beside it, a cookie is ignored.
        """
        credential = self._credentials(connection)
        if credential is None:
            return None
        try:
            return await self._check.user_of(credential)
        except AuthUnavailable as outage:
            logger.warning("gatehouse unavailable", extra={"cause": outage.cause, "request_id": request_id(connection)})
            raise

    async def aclose(self) -> None:
        """Close the connections of this event loop. Without it they are closed with the process."""
        await self._check.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _credentials(self, connection: HTTPConnection) -> Bearer | Cookies | None:
        bearer = credentials.bearer(connection)
        if bearer or not self.takes_cookies:
            return bearer
        cookies = credentials.cookies(connection)
        if cookies:
            self._origins.check(connection)
        return cookies


def _check(check: Check, service: Service, token_check: Callable[[Keys], TokenCheck]) -> SessionCheck | TokenCheck:
    if check == "session":
        return SessionCheck(service)
    if check == "token":
        return token_check(Keys(lambda: service.get_once("/api/auth/jwks")))
    raise ValueError(f"check must be 'session' or 'token', not {check!r}")


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError(f"{url!r} is no URL of a deployment: it must look like https://api.example.com")
    if parts.query or parts.fragment or parts.path.rstrip("/").endswith("/api/auth"):
        raise ValueError(f"{url!r} must not have a query, a fragment or the path /api/auth")
    return url.rstrip("/")
