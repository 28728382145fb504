"""User accounts: addresses, passwords, sign-up, sign-in and deletion."""

from gatehouse.accounts.changes import (
    change_email,
    change_password,
    check_password,
    delete_as_operator,
    delete_user,
    delete_user_by_token,
    end_all_sessions,
    set_disabled,
    verify_password,
)
from gatehouse.accounts.flows import SignInAttempt, parse_address, sign_in, sign_up
from gatehouse.accounts.lookup import AuthenticatedUser, find_user, use_refresh_token
from gatehouse.accounts.model import Email, NewAccount, PasswordCredentials, ProfileChanges, User
from gatehouse.accounts.profile import update_user
from gatehouse.accounts.recovery import check_reset, request_reset, reset_password
from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.accounts.verification import VerificationResult, check_unverified, request_verification, verify_email

__all__ = [
    "AuthenticatedUser",
    "Email",
    "NewAccount",
    "PasswordCredentials",
    "ProfileChanges",
    "ProfileRow",
    "SignInAttempt",
    "User",
    "VerificationResult",
    "change_email",
    "change_password",
    "check_password",
    "check_reset",
    "check_unverified",
    "delete_as_operator",
    "delete_user",
    "delete_user_by_token",
    "end_all_sessions",
    "find_user",
    "parse_address",
    "profile_key",
    "request_reset",
    "request_verification",
    "reset_password",
    "set_disabled",
    "sign_in",
    "sign_up",
    "update_user",
    "use_refresh_token",
    "verify_email",
    "verify_password",
]
