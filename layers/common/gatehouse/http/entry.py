"""How a session begins: its cookie, and a body in the words of each kind of client."""

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from gatehouse import clock
from gatehouse.accounts import User
from gatehouse.http.cookies import set_session
from gatehouse.http.origin import location
from gatehouse.http.shapes import UserBody
from gatehouse.sessions import Opened
from gatehouse.wire import Moment, Wire


class SignedUpBody(Wire):
    """better-auth's answer to a sign-up; no token while the address must be verified first."""

    token: str | None
    user: UserBody


class SignedInBody(Wire):
    """better-auth's answer to a sign-in; `url` is where the client is to go on."""

    redirect: bool
    token: str
    url: str | None = None
    user: UserBody


class OpenedBody(Wire):
    """A new session."""

    token: str
    expires_at: Moment


class WithSession(Wire):
    """The person, and the session they got."""

    user: UserBody
    session: OpenedBody | None
    token: str | None


class WithAccess(BaseModel):
    """The person, and their session in OAuth's words."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 -- the name of a scheme
    expires_in: int
    user: UserBody


class UserAlone(BaseModel):
    """The person, who has no session yet."""

    user: UserBody


class Entry:
    """The answer to somebody who came in, or is about to."""

    def __init__(self, request: Request, response: Response) -> None:
        """Cookies go into `response`."""
        self._request = request
        self._response = response

    def signed_up(self, user: User, opened: Opened | None) -> SignedUpBody:
        """For the better-auth client."""
        return SignedUpBody(token=self._token(opened), user=UserBody.of(user))

    def signed_in(self, user: User, opened: Opened, callback_url: str | None) -> SignedInBody:
        """For the better-auth client, which is sent on to `callback_url` if there is one."""
        token, body = str(self._token(opened)), UserBody.of(user)
        if not callback_url:
            return SignedInBody(redirect=False, token=token, user=body)
        self._response.headers["location"] = location(callback_url)
        return SignedInBody(redirect=True, token=token, url=callback_url, user=body)

    def with_session(self, user: User, opened: Opened | None) -> WithSession:
        """For clients that want the session beside its token."""
        token = self._token(opened)
        session = OpenedBody(token=token, expires_at=opened.session.expires_at) if opened and token else None
        return WithSession(user=UserBody.of(user), session=session, token=token)

    def with_access(self, user: User, opened: Opened | None) -> WithAccess | UserAlone:
        """For clients of the JWT kind."""
        token = self._token(opened)
        if not opened or not token:
            return UserAlone(user=UserBody.of(user))
        left = opened.session.expires_at - clock.now()
        return WithAccess(access_token=token, expires_in=int(left.total_seconds()), user=UserBody.of(user))

    def _token(self, opened: Opened | None) -> str | None:
        if not opened:
            return None
        set_session(self._request, self._response, opened.session, opened.token)
        return str(opened.token)


async def _entry(request: Request, response: Response) -> Entry:
    return Entry(request, response)


CurrentEntry = Annotated[Entry, Depends(_entry)]
