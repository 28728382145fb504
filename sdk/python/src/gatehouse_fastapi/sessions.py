"""`check="session"`: each request is checked with Gatehouse, so an ended session is refused at once."""

from pydantic import TypeAdapter, ValidationError

from gatehouse_fastapi.credentials import Bearer, Cookies
from gatehouse_fastapi.refusals import AuthUnavailable, InvalidToken
from gatehouse_fastapi.service import Service
from gatehouse_fastapi.user import SessionAndUser, User

_PATH = "/api/auth/get-session"
_WITHOUT_RENEWAL = "?disableRefresh=true"
_RESPONSE: TypeAdapter[SessionAndUser | None] = TypeAdapter(SessionAndUser | None)


class SessionCheck:
    """Checks session tokens, cookies and JWTs with Gatehouse."""

    takes_cookies = True

    def __init__(self, service: Service) -> None:
        self._service = service

    async def user_of(self, credential: Bearer | Cookies) -> User:
        """Return the user of a credential; raises InvalidToken, or AuthUnavailable where it cannot be checked.

        This does not renew a cookie's session: the browser would not get its new cookie. The frontend's own
        `get-session` renews it.
        """
        match credential:
            case Bearer(token):
                body = await self._service.get(_PATH, {"authorization": f"Bearer {token}"})
            case Cookies(header):
                body = await self._service.get(_PATH + _WITHOUT_RENEWAL, {"cookie": header})
        return _user(body)

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        await self._service.aclose()


def _user(body: bytes) -> User:
    try:
        found = _RESPONSE.validate_json(body)
    except ValidationError:
        raise AuthUnavailable("the response is no session") from None
    if found is None:
        raise InvalidToken
    return found.user.in_session(found.session.id, found.session.expires_at)
