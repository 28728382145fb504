"""The web layer: from an API Gateway event to a domain function and back."""

from gatehouse.http.auth_responder import start_session
from gatehouse.http.authentication import CurrentAccount, CurrentClient, CurrentUser, FreshUser, OptionalAccount
from gatehouse.http.cookies import clear_session, resend_session
from gatehouse.http.handler import lambda_handler
from gatehouse.http.schemas import OwnUserBody, SessionBody, StatusBody, UserBody

__all__ = [
    "CurrentAccount",
    "CurrentClient",
    "CurrentUser",
    "FreshUser",
    "OptionalAccount",
    "OwnUserBody",
    "SessionBody",
    "StatusBody",
    "UserBody",
    "clear_session",
    "lambda_handler",
    "resend_session",
    "start_session",
]
