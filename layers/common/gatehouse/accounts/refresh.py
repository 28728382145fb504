"""Refresh a session, and find its user in the same read."""

from gatehouse.accounts.lookup import AuthenticatedUser, with_profile
from gatehouse.accounts.table import profile_key
from gatehouse.sessions import refresh


def use_refresh_token(text: str) -> tuple[AuthenticatedUser, str]:
    """Return the user of a refresh token, and the next token; raises as `sessions.refresh.use_refresh_token`."""
    refreshed = refresh.use_refresh_token(text, profile_key(refresh.unverified_user_id(text)))
    return with_profile(refreshed.session, refreshed.extra_rows), refreshed.refresh_token
