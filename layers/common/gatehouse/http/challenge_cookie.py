"""The cookie of challenges: those that this browser got last, each with the user whom it is for, if it is for one.

Several tabs may each wait for a passkey, as sign-in pages with autofill do.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import keys
from gatehouse.http.cookies import get_cookies, set_cookie, signed_cookie

_NAME = "better-auth.better-auth-passkey"
_AGE = 300  # seconds
_MOST, _BETWEEN, _FOR = 5, "~", ":"  # the newest is the last


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownChallenge:
    """A challenge of this browser; `user_id` is empty where it is for nobody in particular."""

    challenge: str
    user_id: str


def add_challenge(request: Request, response: Response, challenge: str, user_id: str = "") -> None:
    """Add a challenge to the cookie."""
    entries = [*_entries(request), f"{challenge}{_FOR}{user_id}"][-_MOST:]
    set_cookie(request, response, _NAME, keys.sign(_BETWEEN.join(entries)), _AGE)


def known_challenges(request: Request) -> list[KnownChallenge] | None:
    """Return the challenges of this browser; None where it sent no cookie of them."""
    if not get_cookies(request, _NAME):
        return None
    parts = (entry.partition(_FOR) for entry in _entries(request))
    return [KnownChallenge(challenge=challenge, user_id=user_id) for challenge, _, user_id in parts]


def _entries(request: Request) -> list[str]:
    return [entry for entry in (signed_cookie(request, _NAME) or "").split(_BETWEEN) if entry]
