"""The hosted pages, and where mailed links and redirect targets lead: to them, or to the frontend's pages."""

from urllib.parse import urlencode, urlsplit

from gatehouse.config import config
from gatehouse.errors import NotFound

PAGES = {
    "/sign-in": "sign-in",
    "/two-factor": "two-factor",
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

ALIASES = {
    "/signin": "/sign-in",
    "/login": "/sign-in",
    "/signup": "/sign-up",
    "/register": "/sign-up",
    "/email-verified": "/verify-email",
    "/dashboard": "/tasks",
}
"""Paths of older systems, for bookmarks and old mails."""

_OF_FRONTENDS = {"/verify-email", "/reset-password"}  # pages that a frontend may have of its own


def page_url(path: str, base_url: str) -> str:
    """Return the URL of a page that mailed links open: hosted, or the frontend's by `FrontendLinks`, or where no pages
    are hosted.
    """
    settings = config()
    at_frontend = not settings.hosted_pages or (path in _OF_FRONTENDS and settings.frontend_links)
    return f"{settings.frontend_url.rstrip('/') if at_frontend else base_url}{path}"


def resolve_target(target: str | None, asking_site: str = "") -> str | None:
    """Return the URL of a redirect target; None when there is none, or it is a path that names no page.

    A path is a page of the frontend's host, else of the site that asked, else a hosted one.
    """
    if not target or not target.startswith("/"):
        return target or None
    if site := config().frontend_url or asking_site:
        return urlsplit(site)._replace(path=target, query="", fragment="").geturl()
    return target if is_hosted(target) else None


def add_query(url: str, **query: str | None) -> str:
    """Return `url` unchanged, with `query` added before its fragment, except for what is None.

    `app:///x` does not survive a parser.
    """
    page, hash_sign, fragment = url.partition("#")
    added = urlencode({name: value for name, value in query.items() if value is not None})
    joint = ("&" if "?" in page else "?") if added else ""
    return f"{page}{joint}{added}{hash_sign}{fragment}"


def is_hosted(url: str, base_url: str = "") -> bool:
    """Whether a URL, or a path, is a hosted page; none counts where a frontend shares our origin: it has `/` itself."""
    if base_url and f"{config().frontend_url}/".startswith(f"{base_url}/"):
        return False
    parts = urlsplit(url.removeprefix(base_url))
    return not parts.scheme and not parts.netloc and (parts.path or "/") in {*PAGES, *ALIASES}


async def check_hosted() -> None:
    """Raise NotFound when hosted pages are off."""
    if not config().hosted_pages:
        raise NotFound
