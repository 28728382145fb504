"""The HTTP edge: from an API Gateway event to an endpoint and back, the same for every subject."""

from gatehouse.http.authentication import (
    CurrentAccount,
    CurrentClient,
    CurrentUser,
    FreshAccount,
    FreshUser,
    OptionalAccount,
)
from gatehouse.http.cookies import clear_session, resend_session
from gatehouse.http.handler import lambda_handler
from gatehouse.http.policy import AccessPolicy

__all__ = [
    "AccessPolicy",
    "CurrentAccount",
    "CurrentClient",
    "CurrentUser",
    "FreshAccount",
    "FreshUser",
    "OptionalAccount",
    "clear_session",
    "lambda_handler",
    "resend_session",
]
