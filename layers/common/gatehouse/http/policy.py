"""What a function admits and how it is limited, as its handler declares it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gatehouse.dynamodb import Key

type RateLimit = Callable[[str, str], None]
"""Counts one call of a function from an IP address; raises TooManyRequests."""
type ClearSession = Callable[[Request, Response], None]
"""Clears the cookies of the caller's session."""
type UserKey = Callable[[str], Key]
"""Returns the key of a row of a user, by the user's id."""
type UserLimit = Callable[[str, Any], None]
"""Counts one call of a user, given the id and the user's row; raises TooManyRequests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """What a function admits, what is checked before its endpoint runs, and what it may use.

    `public` admits callers that are not signed in. `admits_access_tokens` takes a JWT for its session; without it, a
    valid JWT alone is refused with SessionRequired. `admits_setup` admits users who still have to set up the second
    factor that is required of all, and have none; it needs `with_profile`. `with_profile` reads the caller's profile
    together with the session. `verifies_cookies` says that the function may read the secret: it rejects a badly signed
    cookie before any read. `signs_tokens` says that responses carry access tokens. `constant_time` responds at the next
    tenth of a second, so that timing does not show whether a row exists. `signs_in` is for functions that open
    sessions: another site's form must not sign its visitor in (login CSRF). `allow_cross_site` accepts posts and forms
    from other sites, and parameters that these repeat; such a function must not trust cookies, and checks the
    parameters that it knows. `serves_pages` is for HTML pages: they check redirect parameters themselves and read
    nothing from DynamoDB. `rate_limit` counts calls from an address, `user_limit` those of a user: see `rate_limits`.
    `user_row` is a row of the caller's that is read together with the session. `max_body_size` is in bytes, and holds
    before anything reads the body. `clear_session` is for functions that check the password of a signed-in caller: too
    many wrong ones end the session.
    """

    public: bool = False
    admits_access_tokens: bool = False
    admits_setup: bool = False
    with_profile: bool = False
    verifies_cookies: bool = False
    signs_tokens: bool = False
    constant_time: bool = False
    signs_in: bool = False
    allow_cross_site: bool = False
    serves_pages: bool = False
    rate_limit: RateLimit | None = None
    user_row: UserKey | None = None
    user_limit: UserLimit | None = None
    max_body_size: int = 256 * 1024
    clear_session: ClearSession | None = None
