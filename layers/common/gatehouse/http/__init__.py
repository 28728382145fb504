"""The web edge: from an API Gateway event to a flow and back."""

from gatehouse.http.cookies import clear_session, repeat_session
from gatehouse.http.entry import begin_session
from gatehouse.http.handler import lambda_handler
from gatehouse.http.people import CurrentClient, CurrentMember, CurrentUser, FreshUser, PossibleMember
from gatehouse.http.shapes import Done, OwnBody, SessionBody, UserBody

__all__ = [
    "CurrentClient",
    "CurrentMember",
    "CurrentUser",
    "Done",
    "FreshUser",
    "OwnBody",
    "PossibleMember",
    "SessionBody",
    "UserBody",
    "begin_session",
    "clear_session",
    "lambda_handler",
    "repeat_session",
]
