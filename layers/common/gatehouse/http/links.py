"""Answers to mailed links: where a person who opened one goes on to."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from fastapi import Request
from starlette.responses import RedirectResponse

from gatehouse.config import config
from gatehouse.http.origin import base_url


def is_script(request: Request) -> bool:
    """Whether a script asks, rather than a person, or a mail scanner, who opens a link."""
    mode = request.headers.get("sec-fetch-mode")
    if mode:
        return mode in {"cors", "same-origin"}
    return "text/html" not in request.headers.get("accept", "")


def page(request: Request, path: str, **query: str) -> RedirectResponse:
    """On to a page of the frontend, or of ours."""
    site = config().frontend_url.rstrip("/") or base_url(request)
    return _redirect(f"{site}{path}", query)


def absolute(request: Request, target: str) -> str:
    """`target` as a whole URL."""
    return f"{base_url(request)}{target}" if target.startswith("/") else target


def onward(target: str, **query: str) -> RedirectResponse:
    """On to where the link was asked to lead, which the door has checked."""
    return _redirect(target, query)


def _redirect(url: str, query: dict[str, str]) -> RedirectResponse:
    parts = urlsplit(url)
    added = urlencode({name: value for name, value in query.items() if value})
    joined = "&".join(part for part in (parts.query, added) if part)
    return RedirectResponse(urlunsplit(parts._replace(query=joined)), status_code=302)
