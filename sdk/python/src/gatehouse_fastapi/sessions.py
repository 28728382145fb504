"""`check="session"`: Gatehouse is asked each time, so a session that has ended is refused from the next request on."""

from pydantic import TypeAdapter, ValidationError

from gatehouse_fastapi.credentials import Bearer, Cookies
from gatehouse_fastapi.refusals import AuthUnavailable, InvalidToken
from gatehouse_fastapi.service import Service
from gatehouse_fastapi.user import SessionAndPerson, User

_PATH = "/api/auth/get-session"
_AS_IT_IS = "?disableRefresh=true"
_ANSWER: TypeAdapter[SessionAndPerson | None] = TypeAdapter(SessionAndPerson | None)


class SessionCheck:
    """Session tokens, cookies and JWTs, by asking."""

    takes_cookies = True

    def __init__(self, service: Service) -> None:
        self._service = service

    async def user_of(self, shown: Bearer | Cookies) -> User:
        """Whose session it is; raises InvalidToken for nobody's, AuthUnavailable where that cannot be known.

        A cookie's session is not renewed by this: the browser would not see its new cookie. The frontend's own
        `get-session` renews it.
        """
        match shown:
            case Bearer(token):
                body = await self._service.get(_PATH, {"authorization": f"Bearer {token}"})
            case Cookies(header):
                body = await self._service.get(_PATH + _AS_IT_IS, {"cookie": header})
        return _user(body)

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        await self._service.aclose()


def _user(body: bytes) -> User:
    try:
        found = _ANSWER.validate_json(body)
    except ValidationError:
        raise AuthUnavailable("the answer is no session") from None
    if found is None:
        raise InvalidToken
    return found.user.in_session(found.session.id, found.session.expires_at)
