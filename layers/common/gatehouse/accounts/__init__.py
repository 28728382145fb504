"""People: their address, their password, and how they come and go."""

from gatehouse.accounts.changes import (
    change_email,
    change_password,
    check_password,
    delete_by_operator,
    delete_user,
    delete_user_by_token,
    end_all_sessions,
    set_disabled,
    verify_password,
)
from gatehouse.accounts.flows import Attempt, address, sign_in, sign_up
from gatehouse.accounts.model import Credentials, Email, NewAccount, ProfileChanges, User
from gatehouse.accounts.people import Member
from gatehouse.accounts.profile import update_user
from gatehouse.accounts.recovery import check_reset, request_reset, reset_password
from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.accounts.verification import Verified, check_own, request_verification, verify_email

__all__ = [
    "Attempt",
    "Credentials",
    "Email",
    "Member",
    "NewAccount",
    "ProfileChanges",
    "ProfileRow",
    "User",
    "Verified",
    "address",
    "change_email",
    "change_password",
    "check_own",
    "check_password",
    "check_reset",
    "delete_by_operator",
    "delete_user",
    "delete_user_by_token",
    "end_all_sessions",
    "profile_key",
    "request_reset",
    "request_verification",
    "reset_password",
    "set_disabled",
    "sign_in",
    "sign_up",
    "update_user",
    "verify_email",
    "verify_password",
]
