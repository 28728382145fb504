"""Sign out: every credential in a request ends its session, however old it is."""

from typing import Any

from starlette.requests import Request

from gatehouse import sessions
from gatehouse.http.credentials import all_credentials
from gatehouse.sessions.refresh import end_by_refresh_token

_REFRESH_TOKEN = ("refresh_token", "refreshToken")


def end_sessions(request: Request, body_value: Any) -> None:
    """End the sessions of the bearer token, the cookie and a refresh token in the body; invalid ones are ignored."""
    for credential in all_credentials(request):
        sessions.end_session(credential)
    for token in _refresh_tokens(body_value):
        end_by_refresh_token(token)


def _refresh_tokens(body_value: Any) -> list[str]:
    body = body_value if isinstance(body_value, dict) else {}
    return [body[name] for name in _REFRESH_TOKEN if isinstance(body.get(name), str)]
