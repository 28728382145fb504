"""People: their address, their password, and how they come and go."""

from gatehouse.accounts.flows import (
    check_reset,
    request_reset,
    request_verification,
    reset_password,
    sign_in,
    sign_up,
    verify_email,
)
from gatehouse.accounts.model import Credentials, Email, Image, Name, NewAccount, User
from gatehouse.accounts.table import ProfileRow, profile_key

__all__ = [
    "Credentials",
    "Email",
    "Image",
    "Name",
    "NewAccount",
    "ProfileRow",
    "User",
    "check_reset",
    "profile_key",
    "request_reset",
    "request_verification",
    "reset_password",
    "sign_in",
    "sign_up",
    "verify_email",
]
