"""Pages of the local cloud: the mailbox, and the routes and schedules."""

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from gatehouse_dev.cloud import Mail
from gatehouse_dev.gateway import Api
from gatehouse_dev.messages import Request, Response
from gatehouse_dev.samples import samples

FOLDER = Path(__file__).parent / "pages"
LOCAL_PATHS = "/dev"
SCHEDULES = "/dev/schedules/"
LINK = re.compile(r"https?://[^\s<>&]+(?:&amp;[^\s<>&]+)*")


def page(request: Request, api: Api, schedules: Mapping[str, str], mails: list[Mail]) -> Response | None:
    """Return the response for a path that only the local cloud has, else None."""
    if request.method != "GET":
        return None
    answers: dict[str, Callable[[], Response]] = {
        "/dev/routes": lambda: _html("routes.html", _route_rows(api, schedules)),
        "/dev/routes.json": lambda: _json(_routes(api, schedules)),
        "/dev/mailbox": lambda: _html("mailbox.html", _mail_articles(mails)),
        "/dev/mailbox/templates": lambda: _html("mailbox.html", _mail_articles(samples())),
        "/dev/mailbox.json": lambda: _json(_mails(mails, parse_qs(request.raw_query).get("to"))),
    }
    answer = answers.get(request.raw_path)
    return answer() if answer else None


def _json(content: list[dict[str, str]]) -> Response:
    headers = (("content-type", "application/json"), ("cache-control", "no-store"))
    return Response(status=200, headers=headers, body=json.dumps(content).encode())


def _mails(mails: Iterable[Mail], to: list[str] | None) -> list[dict[str, str]]:
    wanted = {address.lower() for address in to or ()}
    return [
        {
            "to": mail.to,
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "createdAt": _timestamp(mail.created_at),
        }
        for mail in mails
        if to is None or mail.to.lower() in wanted
    ]


def _html(name: str, content: str) -> Response:
    nonce = secrets.token_urlsafe(16)
    text = _file(name).replace("NONCE", nonce)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: https:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    )
    return Response(status=200, headers=headers, body=text.replace("<!-- content -->", content).encode())


def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _routes(api: Api, schedules: Mapping[str, str]) -> list[dict[str, str]]:
    """Return routes by path, then the schedules' own routes."""
    routes = sorted(api.routes, key=lambda route: (route.path, route.method))
    return [
        *({"method": route.method, "path": route.path, "function": route.function} for route in routes),
        *(
            {"method": "POST", "path": f"{SCHEDULES}{name}", "function": name, "schedule": expression}
            for name, expression in schedules.items()
        ),
    ]


def _route_rows(api: Api, schedules: Mapping[str, str]) -> str:
    return "".join(
        f"<tr><td>{escape(row['method'])}<td><code>{escape(row['path'])}</code>"
        f"<td>{escape(row['function'])}<td>{escape(row.get('schedule', ''))}</tr>\n"
        for row in _routes(api, schedules)
    )


def _mail_articles(mails: list[Mail]) -> str:
    return "".join(map(_mail_article, reversed(mails))) or "<p>No mail yet.</p>"


def _mail_article(mail: Mail) -> str:
    frame = (
        f'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{escape(mail.html)}"></iframe>'
        if mail.html
        else ""
    )
    time = _timestamp(mail.created_at)
    return f"""
      <article>
        <h2>{escape(mail.subject)}</h2>
        <p>to <b>{escape(mail.to)}</b> at <time datetime="{time}">{time}</time></p>
        {frame}
        <pre>{_with_links(escape(mail.text))}</pre>
      </article>"""


def _with_links(escaped: str) -> str:
    return LINK.sub(lambda match: f'<a href="{match[0]}" target="_blank" rel="noreferrer">{match[0]}</a>', escaped)


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
