"""The calls about tasks, as they usually go: by somebody with a list of some length, named as where it grows."""

from collections.abc import Iterator
from typing import Any

from tests.costs.call_users import CallUsers
from tests.costs.http_calls import Asks, HttpCall
from tests.costs.task_lists import Listed, fill
from tests.costs.task_requests import MANY, NEW_TITLE, TASK
from tests.support import tasks
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.tasks import create_task, list_tasks, with_user_id


class Owner:
    """Somebody with so many tasks."""

    def __init__(self, guests: CallUsers, size: int) -> None:
        """Signed in."""
        self.person: Person = guests.person()
        table = layer("tasks.table").TaskRow.Meta.table_name
        self._seen: dict[str, Any] = {}
        self.listed: Listed = fill(self.person.id, size, guests.indexes[table])

    def visits(self) -> Iterator[HttpCall]:
        """All that they ask."""
        changed = {"priority": "high", "due_date": "2026-12-01"}
        yield self._visit("list by created_at, the first page", tasks.LIST, lambda _: {})
        yield self._visit("summary", tasks.SUMMARY, lambda _: {})
        yield self._visit("export", tasks.EXPORT, lambda _: {})
        yield self._visit("sync, 3 changes since", tasks.CHANGES, self._synced)
        yield self._visit("create", tasks.CREATE, lambda _: {"json": TASK})
        yield self._visit("read", tasks.READ, self._one)
        yield self._visit(
            "change the title", tasks.PATCH, lambda guests: self._one(guests) | {"json": {"title": NEW_TITLE}}
        )
        yield self._visit(
            "change priority and due date", tasks.PUT, lambda guests: self._one(guests) | {"json": changed}
        )
        yield self._visit("complete", tasks.COMPLETE, lambda guests: self._one(guests) | {"json": {"completed": True}})
        yield self._visit("delete", tasks.DELETE, self._done)
        creates = [{"op": "create", "task": TASK}] * MANY
        yield self._visit(f"create {MANY} at once", tasks.BULK, lambda _: {"json": {"operations": creates}})
        yield self._visit(f"delete {MANY} at once", tasks.BULK_DELETE, self._many)

    def _visit(self, name: str, route: str, asks: Asks) -> HttpCall:
        def come(guests: CallUsers) -> dict[str, Any]:
            return {"bearer": self.person.token} | asks(guests)

        return HttpCall(name=name, routes=(route, with_user_id(route)), asks=come)

    def _one(self, guests: CallUsers) -> dict[str, Any]:
        return {"task_id": create_task(guests.call, self.person, **TASK)["id"]}

    def _done(self, guests: CallUsers) -> dict[str, Any]:
        task = self._one(guests)
        guests.call(tasks.COMPLETE, bearer=self.person.token, json={"completed": True}, **task)
        return task

    def _many(self, guests: CallUsers) -> dict[str, Any]:
        ids = [task["id"] for task in list_tasks(guests.call, self.person, limit=MANY)["tasks"]]
        done = [{"op": "complete", "id": task, "completed": True} for task in ids]
        guests.call(tasks.BULK, bearer=self.person.token, json={"operations": done})
        return {"json": {"task_ids": ids}}

    def _synced(self, guests: CallUsers) -> dict[str, Any]:
        """They have seen all but what changed just now."""
        more = True
        while more:
            page = guests.call(tasks.CHANGES, bearer=self.person.token, query=self._seen | {"limit": 500}).json
            self._seen, more = {"since": page["token"]}, page["has_more"]
        for _number in range(3):
            create_task(guests.call, self.person, **TASK)
        return {"query": self._seen}
