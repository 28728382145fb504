"""How a session begins: its cookie, and a body in the words of each kind of client."""

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from gatehouse.accounts import User, Verified
from gatehouse.http import cookie_cache
from gatehouse.http.access import issue
from gatehouse.http.cookies import drop_cached, remember_device, set_session
from gatehouse.http.origin import location
from gatehouse.http.shapes import OwnBody, SessionBody, UserBody
from gatehouse.sessions import Opened, Session
from gatehouse.telemetry import note
from gatehouse.wire import Answer, Moment


class SignedUpBody(Answer):
    """better-auth's answer to a sign-up; no token while the address must be verified first."""

    token: str | None
    user: UserBody


class SignedInBody(Answer):
    """better-auth's answer to a sign-in; `url` is where the client is to go on."""

    redirect: bool
    token: str
    url: str | None = None
    user: UserBody


class OpenedBody(Answer):
    """A new session."""

    token: str
    expires_at: Moment


class WithSession(Answer):
    """The person, and the session they got."""

    user: UserBody
    session: OpenedBody | None
    token: str | None


class WithAccess(BaseModel):
    """The person, and their session in OAuth's words."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 -- the name of a scheme
    expires_in: int
    user: UserBody


class VerifiedBody(Answer):
    """The person whose address is proved."""

    success: bool = True
    status: bool = True
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
        return SignedUpBody(token=self._token(user, opened), user=UserBody.of(user))

    def signed_in(self, user: User, opened: Opened, callback_url: str | None) -> SignedInBody:
        """For the better-auth client, which is sent on to `callback_url` if there is one."""
        token, body = str(self._token(user, opened)), UserBody.of(user)
        if not callback_url:
            return SignedInBody(redirect=False, token=token, user=body)
        self._response.headers["location"] = location(callback_url)
        return SignedInBody(redirect=True, token=token, url=callback_url, user=body)

    def with_session(self, user: User, opened: Opened | None) -> WithSession:
        """For clients that want the session beside its token."""
        token = self._token(user, opened)
        session = OpenedBody(token=token, expires_at=opened.session.expires_at) if opened and token else None
        return WithSession(user=UserBody.of(user), session=session, token=token)

    def with_access(self, user: User, opened: Opened | None) -> WithAccess | UserAlone:
        """For clients of the JWT kind."""
        if not opened:
            return UserAlone(user=UserBody.of(user))
        self._token(user, opened)
        return with_access(self._request, user, opened.session, opened.refresh_token)

    def verified(self, verified: Verified) -> VerifiedBody:
        """For the page behind a mailed link; whether it signs in is a setting."""
        after_verifying(self._request, self._response, verified)
        return VerifiedBody(user=UserBody.of(verified.user))

    def _token(self, user: User, opened: Opened | None) -> str | None:
        if not opened:
            return None
        begin_session(self._request, self._response, user, opened)
        remember_device(self._request, self._response, user.email)
        return str(opened.token)


def begin_session(request: Request, response: Response, user: User, opened: Opened | None) -> None:
    """Hand a browser its new session, if there is one, and the cached form of it."""
    note(user_id=user.id)
    if not opened:
        return
    set_session(request, response, opened.session, opened.token)
    session = SessionBody.of(opened.session, opened.token).model_dump(mode="json", by_alias=True)
    person = OwnBody.of(user).model_dump(mode="json", by_alias=True)
    cookie_cache.write(request, response, {"session": session, "user": person}, remember=opened.session.remember)


def after_verifying(request: Request, response: Response, verified: Verified) -> None:
    """The session that a verified address may bring, and nothing that is kept of the address before."""
    begin_session(request, response, verified.user, verified.opened)
    if not verified.opened:
        drop_cached(request, response)


def with_access(request: Request, user: User, session: Session, refresh_token: str) -> WithAccess:
    """A session for clients of the JWT kind."""
    token = issue(request, UserBody.of(user), session)
    return WithAccess(
        access_token=token.text, refresh_token=refresh_token, expires_in=token.seconds, user=UserBody.of(user)
    )


async def _entry(request: Request, response: Response) -> Entry:
    return Entry(request, response)


CurrentEntry = Annotated[Entry, Depends(_entry)]
