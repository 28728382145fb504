"""User accounts: addresses, passwords, sign-up, sign-in and deletion.

Here is what every function needs that identifies its caller; the verbs are in modules, for the functions that use them.
"""

from gatehouse.accounts.lookup import AuthenticatedUser, find_user
from gatehouse.accounts.model import Email, NewAccount, PasswordCredentials, ProfileChanges, User
from gatehouse.accounts.table import ProfileRow, profile_key

__all__ = [
    "AuthenticatedUser",
    "Email",
    "NewAccount",
    "PasswordCredentials",
    "ProfileChanges",
    "ProfileRow",
    "User",
    "find_user",
    "profile_key",
]
