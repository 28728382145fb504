"""The paths of the hosted pages, and the check that pages are on."""

from gatehouse.config import config
from gatehouse.errors import NotFound

PAGES = {
    "/sign-in": "sign-in",
    "/sign-up": "sign-up",
    "/verify-email": "verify-email",
    "/forgot-password": "forgot-password",
    "/reset-password": "reset-password",
    "/undo-email-change": "undo-email-change",
    "/delete-account": "delete-account",
    "/unsubscribe": "unsubscribe",
    "/account": "account",
    "/tasks": "tasks",
    "/error": "error",
    "/": "home",
}
"""The template of each path."""

PATHS = tuple(PAGES)

ALIASES = {
    "/signin": "/sign-in",
    "/login": "/sign-in",
    "/signup": "/sign-up",
    "/register": "/sign-up",
    "/email-verified": "/verify-email",
    "/dashboard": "/tasks",
}
"""Paths of older systems, for bookmarks and old mails."""


async def check_hosted() -> None:
    """Raise NotFound when hosted pages are off."""
    if not config().hosted_pages:
        raise NotFound
