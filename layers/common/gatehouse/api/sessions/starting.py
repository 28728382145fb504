"""Sessions and challenges of a response: their cookies, and what the log says."""

from fastapi import Request, Response

from gatehouse import keys
from gatehouse.accounts import User, challenges
from gatehouse.accounts.challenges import Challenge
from gatehouse.api.accounts.schemas import OwnUserBody
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.http import cookie_cache
from gatehouse.http.cookies import TRUSTED, set_challenge, set_cookie, set_session
from gatehouse.sessions import IssuedSession
from gatehouse.telemetry import add_log_context


def start_session(request: Request, response: Response, user: User, issued: IssuedSession | None) -> None:
    """Set the cookies of a new session, if there is one, and its cached form."""
    add_log_context(user_id=user.id)
    if not issued:
        return
    set_session(request, response, issued.session, issued.token)
    trust_device(request, response, issued.trusted_device)
    session = SessionBody.of(issued.session, token=str(issued.token)).model_dump(mode="json", by_alias=True)
    person = OwnUserBody.of(user).model_dump(mode="json", by_alias=True)
    cookie_cache.store(request, response, {"session": session, "user": person}, remember=issued.session.remember)


def start_challenge(request: Request, response: Response, user: User, challenge: Challenge) -> None:
    """Set the cookie of a sign-in that waits for the second factor."""
    add_log_context(user_id=user.id, two_factor="required")
    set_challenge(request, response, challenge.token, challenges.LIFETIME, remember=challenge.remember)


def trust_device(request: Request, response: Response, token: str | None) -> None:
    """Set the cookie of a trusted device, if there is one."""
    if token:
        from gatehouse.accounts import trusted_devices  # noqa: PLC0415 -- most requests touch no second factor

        seconds = int(trusted_devices.LIFETIME.total_seconds())
        set_cookie(request, response, TRUSTED, keys.sign(token), seconds)
