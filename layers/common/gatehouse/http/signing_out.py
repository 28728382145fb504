"""Signing out: whatever a request shows of a session ends it, however old that is."""

from typing import Any

from starlette.requests import Request

from gatehouse import sessions
from gatehouse.http.people import every_proof

_REFRESH_TOKEN = ("refresh_token", "refreshToken")


def end_sessions(request: Request, sent: Any) -> None:
    """End the sessions of the bearer token, the cookie and a refresh token in the body; what is none is ignored."""
    for proof in every_proof(request):
        sessions.end(proof)
    for token in _refresh_tokens(sent):
        sessions.end_by_refresh(token)


def _refresh_tokens(sent: Any) -> list[str]:
    body = sent if isinstance(sent, dict) else {}
    return [body[name] for name in _REFRESH_TOKEN if isinstance(body.get(name), str)]
