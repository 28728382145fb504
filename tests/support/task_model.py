"""A model of the task routes in plain dicts, without tables, transactions and retries; and a client that syncs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.calls import Api, Response
from tests.support.people import Person
from tests.support.tasks import BULK, BULK_DELETE, CHANGES, COMPLETE, CREATE, DELETE, PATCH, PUT

type Task = dict[str, Any]
type Result = tuple[int, Any]  # a status, and the body or the error code

PRIORITIES = ("low", "medium", "high", "urgent")
_RECEIPT_LIFETIME = timedelta(days=1)
_SAME_FUNCTION = {PUT: PATCH}


class Rejected(Exception):
    """A request is rejected with a status and an error code."""


NOT_FOUND, STALE = (404, "NOT_FOUND"), (412, "PRECONDITION_FAILED")
REUSED, INVALID = (422, "IDEMPOTENCY_KEY_REUSED"), (400, "VALIDATION_ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that a client may send repeatedly."""

    route: str
    task: str | None = None
    body: Any = None
    key: str | None = None
    etag: str | None = None

    @property
    def fingerprint(self) -> Any:
        """What must be equal in two requests with the same idempotency key."""
        return _SAME_FUNCTION.get(self.route, self.route), self.task, self.body

    def send(self, call: Api, person: Person) -> Response:
        """Send the request as a user."""
        headers = {"idempotency-key": self.key, "if-match": self.etag}
        present = {name: value for name, value in headers.items() if value is not None}
        path = {"task_id": self.task} if self.task else {}
        return call(self.route, bearer=person.token, json=self.body, headers=present, **path)


def result_of(response: Response) -> Result:
    """Return the response without the error's message."""
    body: Any = response.json if response.text else None
    if response.status >= 400:
        return response.status, body["code"]
    if body and "results" in body:
        return response.status, [item | {"error": item["error"] and item["error"]["code"]} for item in body["results"]]
    return response.status, body


@dataclass(slots=True)
class Model:
    """A user's tasks, and the results of requests with idempotency keys."""

    tasks: dict[str, Task] = field(default_factory=dict)
    receipts: dict[str, tuple[datetime, Any, Result]] = field(default_factory=dict)

    def respond(self, request: Request, now: datetime, new_ids: Iterator[str]) -> Result:
        """Execute a request unless its key was used, and return the result. `new_ids` are the ids of its new tasks."""
        if request.key in self.receipts:
            expires, fingerprint, earlier = self.receipts[request.key]
            if now <= expires:
                return earlier if fingerprint == request.fingerprint else REUSED
        try:
            result = self._execute(request, _Step(now, new_ids))
        except Rejected as rejected:  # the client may send it again
            return rejected.args[0], rejected.args[1]
        if request.key:
            self.receipts[request.key] = (now + _RECEIPT_LIFETIME, request.fingerprint, result)
        return result

    def read(self, task_id: str) -> Result:
        """Return one task."""
        return (200, self.tasks[task_id]) if task_id in self.tasks else NOT_FOUND

    def listed(self, wanted: dict[str, Any]) -> list[Task]:
        """Return the tasks of a list with this query, of all pages."""
        orders: dict[str, tuple[bool, Callable[[Task], Any]]] = {
            "created_at": (True, lambda task: task["id"]),
            "due_date": (False, lambda task: (task["due_date"] or "~", task["id"])),
            "priority": (True, lambda task: (PRIORITIES.index(task["priority"]), task["id"])),
            "title": (False, lambda task: (task["title"].casefold(), task["id"])),
        }
        filters: dict[str, Callable[[Task, Any], bool]] = {
            "status": lambda task, status: task["completed"] == (status == "completed"),
            "priority": lambda task, priority: task["priority"] == priority,
            "tag": lambda task, tag: tag in task["tags"],
            "due_before": lambda task, before: (task["due_date"] or "~") < before,
            "due_after": lambda task, after: task["due_date"] is not None and task["due_date"] >= after,
        }
        descending, key = orders[wanted.get("sort", "created_at")]
        if "order" in wanted:
            descending = wanted["order"] == "desc"
        chosen = [(filters[name], value) for name, value in wanted.items() if name in filters]
        tasks = [task for task in self.tasks.values() if all(matches(task, value) for matches, value in chosen)]
        return sorted(tasks, key=key, reverse=descending)

    def summary(self, now: datetime, zone: str) -> dict[str, Any]:
        """Return the counts of the summary."""
        tasks = list(self.tasks.values())
        local, instant = now.astimezone(ZoneInfo(zone)), _text(now)
        today, start = local.date().isoformat(), local.replace(hour=0, minute=0, second=0, microsecond=0)
        midnight = _text((start + timedelta(days=1)).astimezone(ZoneInfo("UTC")))
        days = [task["due_date"] for task in tasks if not task["completed"] and len(task["due_date"] or "") == 10]
        instants = [task["due_date"] for task in tasks if not task["completed"] and len(task["due_date"] or "") > 10]
        active = [task["priority"] for task in tasks if not task["completed"]]
        return {
            "total": len(tasks),
            "active": len(active),
            "completed": len(tasks) - len(active),
            "by_priority": {name: sum(task["priority"] == name for task in tasks) for name in PRIORITIES},
            "active_by_priority": {name: active.count(name) for name in PRIORITIES},
            "overdue": sum(due < today for due in days) + sum(due < instant for due in instants),
            "due_today": days.count(today) + sum(instant <= due < midnight for due in instants),
        }

    def _execute(self, request: Request, step: "_Step") -> Result:
        task, body, etag = request.task or "", request.body, request.etag
        match request.route:
            case route if route == CREATE:
                return 201, self._create(body, step)
            case route if route in {PUT, PATCH}:
                return 200, self._change(task, body, etag, step)
            case route if route == COMPLETE:
                return 200, self._complete(task, body or {}, etag, step)
            case route if route == DELETE:
                self._delete(task, etag)
                return 204, None
            case route if route == BULK:
                return 200, [self._item(item, step) for item in body["operations"]]
            case route if route == BULK_DELETE:
                return 200, self._delete_all(body["task_ids"])
        raise AssertionError(request)

    def _create(self, fields: dict[str, Any], step: "_Step") -> Task:
        if not fields["title"]:
            raise Rejected(*INVALID)
        now = _text(step.now)
        defaults: Task = {"description": "", "priority": "medium", "due_date": None, "tags": []}
        task = defaults | fields | {"id": next(step.new_ids, "none"), "completed": False, "completed_at": None}
        return self._store(task | {"created_at": now, "updated_at": now, "version": 1})

    def _change(self, task_id: str, changes: dict[str, Any], etag: str | None, step: "_Step") -> Task:
        if not changes:
            raise Rejected(*INVALID)
        task = self._find(task_id, etag)
        changed = task | changes | {"updated_at": _text(step.now), "version": task["version"] + 1}
        if "completed" in changes:
            changed["completed_at"] = (task["completed_at"] or _text(step.now)) if changes["completed"] else None
        return self._store(changed)

    def _complete(self, task_id: str, body: dict[str, Any], etag: str | None, step: "_Step") -> Task:
        completed = body.get("completed")
        toggled = not self._find(task_id, etag)["completed"]
        return self._change(task_id, {"completed": toggled if completed is None else completed}, None, step)

    def _delete(self, task_id: str, etag: str | None) -> None:
        self._find(task_id, etag)
        del self.tasks[task_id]

    def _delete_all(self, task_ids: list[str]) -> dict[str, list[str]]:
        unique = list(dict.fromkeys(task_ids))
        deleted = [task_id for task_id in unique if task_id in self.tasks]
        for task_id in deleted:
            self._delete(task_id, None)
        return {"deleted": deleted, "not_found": [task_id for task_id in unique if task_id not in deleted]}

    def _item(self, item: dict[str, Any], step: "_Step") -> dict[str, Any]:
        etag = f'"{item["version"]}"' if "version" in item else None
        operations: dict[str, Callable[[], tuple[int, Task | None]]] = {
            "create": lambda: (201, self._create(item["task"], step)),
            "update": lambda: (200, self._change(item["id"], item["changes"], etag, step)),
            "complete": lambda: (200, self._complete(item["id"], item, etag, step)),
            "delete": lambda: (204, self._delete(item["id"], etag)),  # type: ignore[func-returns-value]
        }
        try:
            status, task = operations[item["op"]]()
        except Rejected as rejected:
            return {"status": rejected.args[0], "task": None, "error": rejected.args[1]}
        return {"status": status, "task": task, "error": None}

    def _find(self, task_id: str, etag: str | None) -> Task:
        if task_id not in self.tasks:
            raise Rejected(*NOT_FOUND)
        task = self.tasks[task_id]
        if etag not in {None, "*", f'"{task["version"]}"'}:
            raise Rejected(*STALE)
        return task

    def _store(self, task: Task) -> Task:
        self.tasks[task["id"]] = task
        return task


@dataclass(frozen=True, slots=True)
class _Step:
    """The time of a request, and the ids of the tasks that it creates."""

    now: datetime
    new_ids: Iterator[str]


@dataclass(slots=True)
class SyncClient:
    """A client that syncs: its copy of the tasks, and its sync token."""

    call: Api
    person: Person
    tasks: dict[str, Task] = field(default_factory=dict)
    token: str | None = None

    def page(self, **query: Any) -> Any:
        """Request one page of changes and apply it."""
        since = {"since": self.token} if self.token else {}
        response = self.call(CHANGES, bearer=self.person.token, query=query | since)
        assert response.status == 200, response.text
        self.tasks |= {task["id"]: task for task in response.json["changed"]}
        for task_id in response.json["deleted"]:
            self.tasks.pop(task_id, None)
        self.token = response.json["token"]
        return response.json

    def catch_up(self, **query: Any) -> list[Any]:
        """Request pages until there are no more, and return them."""
        pages = [self.page(**query)]
        while pages[-1]["has_more"]:
            pages.append(self.page(**query))
        return pages


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
