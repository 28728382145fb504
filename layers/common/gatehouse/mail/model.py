"""Render messages: one folder of templates for each language and token purpose."""

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from gatehouse.config import config
from gatehouse.tokens import Purpose, TokenRow, derive_token

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail to one address."""

    to: str
    subject: str
    text: str
    html: str


def render(row: TokenRow) -> Message:
    """Return the message of a token row, with its link. Templates get only the values set here, escaped in HTML."""
    words = {
        "product": config().product_name,
        "greeting": _greeting(row),
        "email": row.email,
        "old_email": row.old_email or "",
        "new_email": row.new_email or "",
        "minutes": str(row.lifetime // 60),
        "hours": str(row.lifetime // 3600),
        "link": _link(row),
    }
    folder, lines = f"{row.language}/{row.purpose}", row.lines or []
    plain = words | {"lines": "\n".join(f"- {line}" for line in lines)}
    items = {"lines": "\n".join(f"<li>{escape(line)}</li>" for line in lines)}
    marked_up = {key: escape(value) for key, value in words.items()} | items
    return Message(
        to=row.email,
        subject=_template(folder, "subject.txt").substitute(words).strip(),
        text=_template(folder, "body.txt").substitute(plain),
        html=_template(folder, "body.html").substitute(marked_up),
    )


def _greeting(row: TokenRow) -> str:
    name = "greeting.txt" if row.name else "greeting-nobody.txt"
    return _template(row.language, name).substitute(name=row.name).strip()


def _link(row: TokenRow) -> str:
    pages = config().frontend_url.rstrip("/") or row.base_url
    match row.purpose:
        case Purpose.VERIFY_EMAIL | Purpose.CHANGE_EMAIL | Purpose.CONFIRM_EMAIL_CHANGE:
            return f"{pages}/verify-email?{_query(row)}"
        case Purpose.EMAIL_CHANGED:  # by a page of our own where there are any: frontends have other things to show
            site = row.base_url if config().hosted_pages else pages
            return f"{site}/undo-email-change?{_query(row)}"
        case Purpose.DELETE_ACCOUNT:
            return f"{row.base_url}/api/auth/delete-user/callback?{_query(row)}"
        case Purpose.RESET_PASSWORD if row.callback_url:
            query = urlencode({"callbackURL": row.callback_url})
            return f"{row.base_url}/api/auth/reset-password/{derive_token(row)}?{query}"
        case Purpose.RESET_PASSWORD:
            return f"{pages}/reset-password?{_query(row)}"
        case _:
            return f"{pages}/"


def _query(row: TokenRow) -> str:
    back = {"callbackURL": row.callback_url} if row.callback_url else {}
    return urlencode({"token": derive_token(row), **back})


@cache
def _template(folder: str, name: str) -> Template:
    return Template((_TEMPLATES / folder / name).read_text(encoding="utf-8"))
