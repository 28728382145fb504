"""The measured task calls of a user with a list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.costs.meter import Cost, Meter
from tests.costs.task_lists import RARE_TAG, RARE_WORD, Listed, fill
from tests.support import tasks
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.tasks import create_task, list_tasks

SORTS = {
    "created_at": "task_id",
    "due_date": "due_order",
    "priority": "priority_order",
    "updated_at": "change_number",
    "title": "title_order",
}
_WORDS = "Write to the landlord about the kitchen "
TASK = {
    "title": _WORDS.strip(),
    "description": _WORDS * 5,
    "due_date": "2026-11-30",
    "tags": ["home", "letters"],
}
NEW_TITLE = "Call the landlord about the new kitchen"
MANY = 100
_PAGE, _SCANNED, _EXPORTED, _COUNTED = 51, 1000, 500, 4 * 1001  # tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRequest:
    """A call, and the most tasks and round trips it may take; None if it is the same for every list."""

    name: str
    route: str
    request: Mapping[str, Any]
    at_most: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The cost of each call of a user with so many tasks."""

    size: int
    listed: Listed
    requests: dict[str, TaskRequest]
    costs: dict[str, Cost]


class TaskUser:
    """A user with a list, and all task calls."""

    def __init__(self, call: Api, meter: Meter, size: int) -> None:
        """Create a signed-in user with `size` tasks."""
        self.call, self.meter, self.size = call, meter, size
        self.person: Person = People(call).signed_in(f"owner-of-{size:06}")
        table = layer("tasks.table").TaskRow.Meta.table_name
        self.listed = fill(self.person.id, size, meter.indexes[table])

    def measure(self, *, many: bool = True) -> Measured:
        """Measure each call once, bulk calls only with `many`. Lists come first, before anything is changed."""
        requests, costs = dict[str, TaskRequest](), dict[str, Cost]()
        for part in (self._lists, self._filtered, self._pages, self._one, *([self._many] if many else [])):
            for request in part():
                with self.meter.counting():
                    response = self.call(request.route, bearer=self.person.token, **request.request)
                assert response.status < 300, (request, response)
                requests[request.name], costs[request.name] = request, self.meter.cost
        return Measured(size=self.size, listed=self.listed, requests=requests, costs=costs)

    def _lists(self) -> Iterator[TaskRequest]:
        for sort, attribute in SORTS.items():
            at_most = (_SCANNED, 4) if sort == "updated_at" else (_PAGE, 1)
            middle = self.listed.middle(attribute)
            cursor = self._cursor("tasks.listing", tasks.LIST, {"sort": sort}, middle)
            for page, query in (("the first page", {}), ("a page in the middle", {"cursor": cursor})):
                request = {"query": {"sort": sort} | query}
                yield TaskRequest(name=f"list by {sort}, {page}", route=tasks.LIST, request=request, at_most=at_most)

    def _filtered(self) -> Iterator[TaskRequest]:
        for name, query in (
            ("list what is active", {"status": "active"}),
            ("list a tag that one in 500 has", {"tag": RARE_TAG}),
            ("search for a word that one in 500 has", {"search": RARE_WORD}),
        ):
            yield TaskRequest(name=name, route=tasks.LIST, request={"query": query}, at_most=(_SCANNED, 4))

    def _pages(self) -> Iterator[TaskRequest]:
        yield TaskRequest(name="summary", route=tasks.SUMMARY, request={}, at_most=(_COUNTED, 5))
        yield TaskRequest(name="sync from the beginning", route=tasks.CHANGES, request={}, at_most=(100, 1))
        newest = sorted(int(row["change_number"]) for row in self.listed.orders)
        since = self._cursor("tasks.sync", tasks.CHANGES, {}, [newest[-4], layer("clock").now().timestamp()], "since")
        yield TaskRequest(name="sync, 3 changes since", route=tasks.CHANGES, request={"query": {"since": since}})
        yield TaskRequest(name="export", route=tasks.EXPORT, request={}, at_most=(_EXPORTED, 1))

    def _one(self) -> Iterator[TaskRequest]:
        yield TaskRequest(name="create", route=tasks.CREATE, request={"json": TASK})
        keyed = {"idempotency-key": "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55"}
        yield TaskRequest(
            name="create with an Idempotency-Key", route=tasks.CREATE, request={"json": TASK, "headers": keyed}
        )
        task = {"task_id": create_task(self.call, self.person, **TASK)["id"]}
        yield TaskRequest(name="read", route=tasks.READ, request=task)
        yield TaskRequest(name="change the title", route=tasks.PATCH, request=task | {"json": {"title": NEW_TITLE}})
        moved = {"priority": "high", "due_date": "2026-12-01"}
        yield TaskRequest(name="change priority and due date", route=tasks.PUT, request=task | {"json": moved})
        yield TaskRequest(name="complete", route=tasks.COMPLETE, request=task | {"json": {"completed": True}})
        yield TaskRequest(name="delete", route=tasks.DELETE, request=task)

    def _many(self) -> Iterator[TaskRequest]:
        yield self._bulk("create", [{"op": "create", "task": TASK}] * MANY)
        ids = [task["id"] for task in list_tasks(self.call, self.person, limit=MANY)["tasks"]]
        yield self._bulk("complete", [{"op": "complete", "id": task, "completed": True} for task in ids])
        yield TaskRequest(name=f"delete {MANY} at once", route=tasks.BULK_DELETE, request={"json": {"task_ids": ids}})

    def _bulk(self, verb: str, operations: list[dict[str, Any]]) -> TaskRequest:
        return TaskRequest(
            name=f"{verb} {MANY} at once", route=tasks.BULK, request={"json": {"operations": operations}}
        )

    def _cursor(self, module: str, route: str, query: dict[str, str], position: Any, field: str = "cursor") -> str:
        """Return a cursor for any position, encoded with the key and query that the service itself uses."""
        listing, encoding = layer(module), list[Any]()

        def record(key: bytes, query_text: str, text: str, *field: str) -> Any:
            encoding[:] = key, query_text
            return layer("cursors").decode_cursor(key, query_text, text, *field)

        with patch.object(listing, "decode_cursor", record):
            rejected = self.call(route, bearer=self.person.token, query=query | {field: "none"})
        assert rejected.status == 400
        return str(layer("cursors").encode_cursor(*encoding, position))
