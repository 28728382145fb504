"""Render messages: one folder of templates for each language and token purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from gatehouse.config import config
from gatehouse.mail.foreign_text import leads_to, shown_address, shown_text
from gatehouse.site import page_url
from gatehouse.tokens import SECURITY_CHANGES, Purpose, TokenRow, derive_token
from gatehouse.tokens.codes import derive_code
from gatehouse.tokens.unsubscribing import unsubscribe_token

_TEMPLATES = Path(__file__).with_name("templates")
_LONGEST_NAME, _LONGEST_LINE = 40, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail to one address."""

    to: str
    purpose: Purpose
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


def render(row: TokenRow) -> Message:
    """Return the message of a token row, with its link. Templates get only the values set here, escaped in HTML.

    Text of people passes `foreign_text`. To whoever has not proven the account goes no such text at all: a stranger
    may have ordered the mail.
    """
    is_change = row.purpose in SECURITY_CHANGES
    unsubscribe_link = _unsubscribe_link(row) if row.purpose == Purpose.TASK_DIGEST else ""
    words = {
        "product": config().product_name,
        "greeting": _greeting(row),
        "origin": _origin(row),
        "email": shown_address(row.email),
        "old_email": shown_address(row.old_email or ""),
        "new_email": shown_address(row.new_email or ""),
        "minutes": str(row.lifetime // 60),
        "hours": str(row.lifetime // 3600),
        "link": _link(row),
        "when": _moment(row.language, row.created_at),
        "where": row.origin or "?",
        "method": _method(row),
        "change": _template(f"{row.language}/changes", f"{row.purpose}.txt").template.strip() if is_change else "",
        "code": derive_code(row) if row.purpose == Purpose.TWO_FACTOR_CODE else "",
        "unsubscribe": unsubscribe_link,
    }
    lines = [shown_text(line, _LONGEST_LINE, with_addresses=True) for line in row.lines or []]
    folder = f"{row.language}/{'security-changed' if is_change else row.purpose}"
    plain = words | {"lines": "\n".join(f"- {line}" for line in lines)}
    items = {"lines": "\n".join(f"<li>{escape(line)}</li>" for line in lines)}
    marked_up = {key: escape(value) for key, value in words.items()} | items
    return Message(
        to=row.email,
        purpose=Purpose(row.purpose),
        subject=_template(folder, "subject.txt").substitute(words).strip(),
        text=_template(folder, "body.txt").substitute(plain),
        html=_template(folder, "body.html").substitute(marked_up),
        headers=_one_click(unsubscribe_link) if unsubscribe_link else {},
    )


def _greeting(row: TokenRow) -> str:
    name = shown_text(row.name, _LONGEST_NAME) if row.to_owner else ""
    return _template(row.language, "greeting.txt" if name else "greeting-nobody.txt").substitute(name=name).strip()


def _moment(language: str, moment: datetime) -> str:
    month = _template(language, "months.txt").template.split()[moment.month - 1]
    words = {"day": str(moment.day), "month": month, "year": str(moment.year), "time": f"{moment:%H:%M}"}
    return _template(language, "moment.txt").substitute(words).strip()


def _method(row: TokenRow) -> str:
    """Return a way to sign in by its name in the language, or a provider's id, which is configured."""
    method = row.method or ""
    named = (_TEMPLATES / row.language / "methods" / f"{method}.txt").is_file()
    return _template(f"{row.language}/methods", f"{method}.txt").template.strip() if named else method


def _origin(row: TokenRow) -> str:
    """Return the sentence about when and roughly from where a mail was asked for."""
    name = "origin.txt" if row.origin else "origin-unknown.txt"
    words = {"when": _moment(row.language, row.created_at), "where": row.origin or ""}
    return _template(row.language, name).substitute(words).strip()


def _link(row: TokenRow) -> str:
    match row.purpose:
        case Purpose.VERIFY_EMAIL | Purpose.CHANGE_EMAIL | Purpose.CONFIRM_EMAIL_CHANGE:
            return f"{page_url('/verify-email', row.base_url)}?{_query(row)}"
        case Purpose.EMAIL_CHANGED:
            return f"{page_url('/undo-email-change', row.base_url)}?{_query(row)}"
        case Purpose.DELETE_ACCOUNT:
            return f"{row.base_url}/api/auth/delete-user/callback?{_query(row)}"
        case Purpose.RESET_PASSWORD if _callback(row):
            query = urlencode(_callback(row))
            return f"{row.base_url}/api/auth/reset-password/{derive_token(row)}?{query}"
        case Purpose.RESET_PASSWORD:
            return f"{page_url('/reset-password', row.base_url)}?{_query(row)}"
        case _:
            return f"{config().frontend_url.rstrip('/') or row.base_url}/"


def _unsubscribe_link(row: TokenRow) -> str:
    return f"{row.base_url}/api/auth/unsubscribe?{urlencode({'token': unsubscribe_token(row.subject, row.email)})}"


def _one_click(link: str) -> dict[str, str]:
    """Return the headers with which a mail program unsubscribes by one click, without a page: RFC 8058."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _query(row: TokenRow) -> str:
    return urlencode({"token": derive_token(row), **_callback(row)})


def _callback(row: TokenRow) -> dict[str, str]:
    """Return the redirect target as a parameter. Without a proven account it is the service's, a frontend's or an
    app's: a pattern in TrustedOrigins may match a host of the stranger who ordered the mail.
    """
    ours = (row.base_url, config().frontend_url, *config().cors_origins)
    if not row.callback_url or not (row.to_owner or leads_to(row.callback_url, *ours)):
        return {}
    return {"callbackURL": row.callback_url}


@cache
def _template(folder: str, name: str) -> Template:
    return Template((_TEMPLATES / folder / name).read_text(encoding="utf-8"))
