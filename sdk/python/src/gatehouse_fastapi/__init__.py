"""Authentication for FastAPI apps with a Gatehouse deployment.

`Gatehouse("https://api.example.com").install(app)`, and a route with a parameter `user: CurrentUser` is protected.
"""

from gatehouse_fastapi.dependencies import CurrentUser, OptionalUser, current_user, optional_user
from gatehouse_fastapi.gatehouse import Check, Gatehouse
from gatehouse_fastapi.refusals import (
    AccessTokenRequired,
    AuthUnavailable,
    InvalidOrigin,
    InvalidToken,
    MissingOrigin,
    MissingToken,
    Refusal,
    TokenExpired,
)
from gatehouse_fastapi.user import User

__all__ = [
    "AccessTokenRequired",
    "AuthUnavailable",
    "Check",
    "CurrentUser",
    "Gatehouse",
    "InvalidOrigin",
    "InvalidToken",
    "MissingOrigin",
    "MissingToken",
    "OptionalUser",
    "Refusal",
    "TokenExpired",
    "User",
    "current_user",
    "optional_user",
]
