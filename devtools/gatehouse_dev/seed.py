"""Create a demo user with tasks on a running service."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

EMAIL = "demo@gatehouse.test"
PASSWORD = "demonstration-42"  # noqa: S105  # public on purpose: the account exists on developers' machines only
TOKEN = re.compile(r"token=([^\s&\"'<>]+)")
MAIL_WITHIN_SECONDS = 15.0

type Json = dict[str, Any]


class SeedFailed(Exception):  # exceptions are named for what happened
    """Seeding failed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task to add; days count from today."""

    title: str
    priority: str = "medium"
    description: str | None = None
    due_in_days: int | None = None
    completed: bool = False
    tags: tuple[str, ...] = ()


TASKS = (
    Task(title="Read the API guide", description="docs/tasks.md, twenty minutes", completed=True),
    Task(title="Point the frontend at this server", priority="high", due_in_days=0),
    Task(title="Renew the TLS certificate", priority="urgent", due_in_days=-2, tags=("work",)),
    Task(title="Write the release notes", due_in_days=3),
    Task(title="Book the meeting room", priority="low", due_in_days=1, completed=True),
    Task(title="Review Ada's pull request", priority="high", due_in_days=1),
    Task(title="Back up the photo archive", priority="low", description="Both disks.\nThe second is in the drawer."),
    Task(title="Call the dentist", due_in_days=7, tags=("home", "health")),
    Task(title="Löschkonzept prüfen: 個人情報 ✓", description="Text of any language is welcome", due_in_days=14),
    Task(title="Plan the team lunch", priority="low", due_in_days=10),
    Task(title="Close last month's invoices", priority="high", due_in_days=-5, completed=True),
    Task(title="Learn a new keyboard shortcut", priority="low"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A client of a running Gatehouse, with a token."""

    url: str
    token: str | None = None

    def call(self, method: str, path: str, body: Json | None = None) -> Any:  # whatever the JSON holds
        """Return the JSON of a response; raises SeedFailed for an error."""
        status, answer = self.try_call(method, path, body)
        if status >= HTTPStatus.BAD_REQUEST:
            message = f"{method} {path.partition('?')[0]} answered {status}: {answer}"
            raise SeedFailed(message)
        return answer

    def try_call(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """Return status and JSON of any response; raises SeedFailed when there is none."""
        headers = {"Accept": "application/json"}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, headers, method=method)  # noqa: S310  # the command admits http and https only
        try:
            with urlopen(request, timeout=30) as response:  # noqa: S310  # the command admits http and https only  # nosec B310
                return response.status, _parsed(response.read())
        except HTTPError as error:
            return error.code, _parsed(error.read())
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            message = f"There is no service at {self.url} ({reason}). Start it with `make dev`."
            raise SeedFailed(message) from None


def seed(api: Api) -> int:
    """Return the number of tasks added; 0 when they exist already."""
    signed_in = Api(url=api.url, token=_sign_in(api) or _sign_up(api))
    present = {task["title"] for task in _tasks(signed_in)}
    missing = [task for task in TASKS if task.title not in present]
    for task in missing:
        _add(signed_in, task)
    return len(missing)


def _sign_in(api: Api) -> str | None:
    status, answer = api.try_call("POST", "/api/auth/sign-in/email", {"email": EMAIL, "password": PASSWORD})
    return str(answer["token"]) if status == HTTPStatus.OK else None


def _sign_up(api: Api) -> str:
    seen = len(_mails(api))
    api.call("POST", "/api/auth/sign-up/email", {"name": "Demo", "email": EMAIL, "password": PASSWORD})
    api.call("POST", "/api/auth/verify-email", {"token": _mailed_token(api, seen), "password": PASSWORD})
    token = _sign_in(api)
    if token is None:
        message = f"{EMAIL} is verified but cannot sign in with {PASSWORD}. Was the password changed?"
        raise SeedFailed(message)
    Api(url=api.url, token=token).call("POST", "/api/auth/update-user", {"name": "Demo"})  # was dropped
    return token


def _mails(api: Api) -> list[Json]:
    mails: list[Json] = api.call("GET", f"/dev/mailbox.json?to={quote(EMAIL)}")
    return mails


def _mailed_token(api: Api, seen: int) -> str:
    deadline = time.monotonic() + MAIL_WITHIN_SECONDS
    while time.monotonic() < deadline:
        for mail in reversed(_mails(api)[seen:]):
            if found := TOKEN.search(mail["text"]):
                return unquote(found[1])
        time.sleep(0.1)
    message = f"No mail with a link arrived for {EMAIL} within {MAIL_WITHIN_SECONDS:g} s."
    raise SeedFailed(message)


def _tasks(api: Api) -> Iterator[Json]:
    cursor: str | None = ""
    while cursor is not None:
        page = api.call("GET", f"/api/tasks?cursor={quote(cursor)}" if cursor else "/api/tasks")
        yield from page["tasks"]
        cursor = page.get("cursor")


def _add(api: Api, task: Task) -> None:
    fields: Json = {"title": task.title, "priority": task.priority, "tags": task.tags}
    if task.description is not None:
        fields["description"] = task.description
    if task.due_in_days is not None:
        due = date.today() + timedelta(days=task.due_in_days)  # noqa: DTZ011  # the local day
        fields["due_date"] = due.isoformat()
    added = api.call("POST", "/api/tasks", fields)
    if task.completed:
        api.call("PATCH", f"/api/tasks/{quote(added['id'])}/complete", {"completed": True})


def _parsed(body: bytes) -> Any:  # whatever the JSON holds
    try:
        return json.loads(body or b"null")
    except ValueError:
        return body.decode("utf-8", "replace")[:200]
