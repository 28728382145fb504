"""What the task routes promise, in plain dicts: no table, no transaction, no second attempt. And a phone that syncs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.calls import Api, Response
from tests.support.people import Person
from tests.support.tasks import BULK, BULK_DELETE, CHANGES, COMPLETE, CREATE, DELETE, PATCH, PUT

type Task = dict[str, Any]
type Result = tuple[int, Any]  # a status, and the body or the code of an error

PRIORITIES = ("low", "medium", "high", "urgent")
_RECEIPTS_KEPT = timedelta(days=1)
_OF_ONE_FUNCTION = {PUT: PATCH}


class Rejected(Exception):
    """Why something is not done: a status and a code."""


NOT_FOUND, STALE = (404, "NOT_FOUND"), (412, "PRECONDITION_FAILED")
REUSED, INVALID = (422, "IDEMPOTENCY_KEY_REUSED"), (400, "VALIDATION_ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, as a client may send it again and again."""

    route: str
    task: str | None = None
    body: Any = None
    key: str | None = None
    etag: str | None = None

    @property
    def asks(self) -> Any:
        """What its key stands for."""
        return _OF_ONE_FUNCTION.get(self.route, self.route), self.task, self.body

    def send(self, call: Api, person: Person) -> Response:
        """Let a person send it."""
        headers = {"idempotency-key": self.key, "if-match": self.etag}
        sent = {name: value for name, value in headers.items() if value is not None}
        path = {"task_id": self.task} if self.task else {}
        return call(self.route, bearer=person.token, json=self.body, headers=sent, **path)


def result_of(answer: Response) -> Result:
    """An answer without its prose."""
    body: Any = answer.json if answer.text else None
    if answer.status >= 400:
        return answer.status, body["code"]
    if body and "results" in body:
        return answer.status, [item | {"error": item["error"] and item["error"]["code"]} for item in body["results"]]
    return answer.status, body


@dataclass(slots=True)
class Model:
    """One person's tasks, and what they were answered under their keys."""

    tasks: dict[str, Task] = field(default_factory=dict)
    receipts: dict[str, tuple[datetime, Any, Result]] = field(default_factory=dict)

    def answer(self, request: Request, now: datetime, new_ids: Iterator[str]) -> Result:
        """Do what a request asks for, if it was not done; `new_ids` are what the service called its new tasks."""
        if request.key in self.receipts:
            until, asked, answered = self.receipts[request.key]
            if now <= until:
                return answered if asked == request.asks else REUSED
        try:
            answered = self._do(request, _Step(now, new_ids))
        except Rejected as no:  # what was refused may be tried again
            return no.args[0], no.args[1]
        if request.key:
            self.receipts[request.key] = (now + _RECEIPTS_KEPT, request.asks, answered)
        return answered

    def read(self, task_id: str) -> Result:
        """One task."""
        return (200, self.tasks[task_id]) if task_id in self.tasks else NOT_FOUND

    def listed(self, wanted: dict[str, Any]) -> list[Task]:
        """Tasks as a list with this query has them, all pages together."""
        orders: dict[str, tuple[bool, Callable[[Task], Any]]] = {
            "created_at": (True, lambda task: task["id"]),
            "due_date": (False, lambda task: (task["due_date"] or "~", task["id"])),
            "priority": (True, lambda task: (PRIORITIES.index(task["priority"]), task["id"])),
            "title": (False, lambda task: (task["title"].casefold(), task["id"])),
        }
        keep: dict[str, Callable[[Task, Any], bool]] = {
            "status": lambda task, status: task["completed"] == (status == "completed"),
            "priority": lambda task, priority: task["priority"] == priority,
            "tag": lambda task, tag: tag in task["tags"],
            "due_before": lambda task, before: (task["due_date"] or "~") < before,
            "due_after": lambda task, after: task["due_date"] is not None and task["due_date"] >= after,
        }
        downwards, key = orders[wanted.get("sort", "created_at")]
        if "order" in wanted:
            downwards = wanted["order"] == "desc"
        asked = [(keep[name], value) for name, value in wanted.items() if name in keep]
        tasks = [task for task in self.tasks.values() if all(holds(task, value) for holds, value in asked)]
        return sorted(tasks, key=key, reverse=downwards)

    def summary(self, now: datetime, zone: str) -> dict[str, Any]:
        """Counts, by counting."""
        tasks = list(self.tasks.values())
        here, moment = now.astimezone(ZoneInfo(zone)), _text(now)
        today, day_after = here.date().isoformat(), here.replace(hour=0, minute=0, second=0, microsecond=0)
        midnight = _text((day_after + timedelta(days=1)).astimezone(ZoneInfo("UTC")))
        days = [task["due_date"] for task in tasks if not task["completed"] and len(task["due_date"] or "") == 10]
        moments = [task["due_date"] for task in tasks if not task["completed"] and len(task["due_date"] or "") > 10]
        active = [task["priority"] for task in tasks if not task["completed"]]
        return {
            "total": len(tasks),
            "active": len(active),
            "completed": len(tasks) - len(active),
            "by_priority": {name: sum(task["priority"] == name for task in tasks) for name in PRIORITIES},
            "active_by_priority": {name: active.count(name) for name in PRIORITIES},
            "overdue": sum(due < today for due in days) + sum(due < moment for due in moments),
            "due_today": days.count(today) + sum(moment <= due < midnight for due in moments),
        }

    def _do(self, request: Request, step: "_Step") -> Result:
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

    def _create(self, given: dict[str, Any], step: "_Step") -> Task:
        if not given["title"]:
            raise Rejected(*INVALID)
        moment = _text(step.now)
        defaults: Task = {"description": "", "priority": "medium", "due_date": None, "tags": []}
        task = defaults | given | {"id": next(step.new_ids, "none"), "completed": False, "completed_at": None}
        return self._keep(task | {"created_at": moment, "updated_at": moment, "version": 1})

    def _change(self, task_id: str, given: dict[str, Any], etag: str | None, step: "_Step") -> Task:
        if not given:
            raise Rejected(*INVALID)
        task = self._found(task_id, etag)
        changed = task | given | {"updated_at": _text(step.now), "version": task["version"] + 1}
        if "completed" in given:
            changed["completed_at"] = (task["completed_at"] or _text(step.now)) if given["completed"] else None
        return self._keep(changed)

    def _complete(self, task_id: str, given: dict[str, Any], etag: str | None, step: "_Step") -> Task:
        completed = given.get("completed")
        turned = not self._found(task_id, etag)["completed"]
        return self._change(task_id, {"completed": turned if completed is None else completed}, None, step)

    def _delete(self, task_id: str, etag: str | None) -> None:
        self._found(task_id, etag)
        del self.tasks[task_id]

    def _delete_all(self, task_ids: list[str]) -> dict[str, list[str]]:
        names = list(dict.fromkeys(task_ids))
        gone = [name for name in names if name in self.tasks]
        for name in gone:
            self._delete(name, None)
        return {"deleted": gone, "not_found": [name for name in names if name not in gone]}

    def _item(self, item: dict[str, Any], step: "_Step") -> dict[str, Any]:
        etag = f'"{item["version"]}"' if "version" in item else None
        acts: dict[str, Callable[[], tuple[int, Task | None]]] = {
            "create": lambda: (201, self._create(item["task"], step)),
            "update": lambda: (200, self._change(item["id"], item["changes"], etag, step)),
            "complete": lambda: (200, self._complete(item["id"], item, etag, step)),
            "delete": lambda: (204, self._delete(item["id"], etag)),  # type: ignore[func-returns-value]
        }
        try:
            status, task = acts[item["op"]]()
        except Rejected as no:
            return {"status": no.args[0], "task": None, "error": no.args[1]}
        return {"status": status, "task": task, "error": None}

    def _found(self, task_id: str, etag: str | None) -> Task:
        if task_id not in self.tasks:
            raise Rejected(*NOT_FOUND)
        task = self.tasks[task_id]
        if etag not in {None, "*", f'"{task["version"]}"'}:
            raise Rejected(*STALE)
        return task

    def _keep(self, task: Task) -> Task:
        self.tasks[task["id"]] = task
        return task


@dataclass(frozen=True, slots=True)
class _Step:
    """When something is done, and what new tasks are called."""

    now: datetime
    new_ids: Iterator[str]


@dataclass(slots=True)
class SyncClient:
    """A client that works offline: what it knows, and the token to go on with."""

    call: Api
    person: Person
    tasks: dict[str, Task] = field(default_factory=dict)
    token: str | None = None

    def page(self, **query: Any) -> Any:
        """Ask for one page and apply it."""
        since = {"since": self.token} if self.token else {}
        answer = self.call(CHANGES, bearer=self.person.token, query=query | since)
        assert answer.status == 200, answer.text
        self.tasks |= {task["id"]: task for task in answer.json["changed"]}
        for gone in answer.json["deleted"]:
            self.tasks.pop(gone, None)
        self.token = answer.json["token"]
        return answer.json

    def catch_up(self, **query: Any) -> list[Any]:
        """Ask until there is no more; the pages."""
        pages = [self.page(**query)]
        while pages[-1]["has_more"]:
            pages.append(self.page(**query))
        return pages


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
