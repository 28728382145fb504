"""The web edge: from an API Gateway event to a flow and back."""

from gatehouse.http.cookies import clear_session
from gatehouse.http.handler import lambda_handler
from gatehouse.http.people import CurrentClient, CurrentUser, possible_token
from gatehouse.http.shapes import SessionBody, UserBody

__all__ = [
    "CurrentClient",
    "CurrentUser",
    "SessionBody",
    "UserBody",
    "clear_session",
    "lambda_handler",
    "possible_token",
]
