"""The task calls of a user with a list. Their names are those in the section about growing lists."""

from collections.abc import Iterator
from typing import Any

from tests.costs.call_users import CallUsers
from tests.costs.http_calls import HttpCall, MakeRequest
from tests.costs.task_lists import Listed, fill
from tests.costs.task_requests import MANY, NEW_TITLE, TASK
from tests.support import tasks
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.tasks import create_task, list_tasks, with_user_id


class Owner:
    """A user with so many tasks."""

    def __init__(self, users: CallUsers, size: int) -> None:
        """Create the user and the list."""
        self.person: Person = users.person()
        table = layer("tasks.table").TaskRow.Meta.table_name
        self._sync_token: dict[str, Any] = {}
        self.listed: Listed = fill(self.person.id, size, users.indexes[table])

    def calls(self) -> Iterator[HttpCall]:
        """Return all task calls."""
        changed = {"priority": "high", "due_date": "2026-12-01"}
        yield self._call("list by created_at, the first page", tasks.LIST, lambda _: {})
        yield self._call("summary", tasks.SUMMARY, lambda _: {})
        yield self._call("export", tasks.EXPORT, lambda _: {})
        yield self._call("sync, 3 changes since", tasks.CHANGES, self._synced)
        yield self._call("create", tasks.CREATE, lambda _: {"json": TASK})
        yield self._call("read", tasks.READ, self._one)
        yield self._call(
            "change the title", tasks.PATCH, lambda users: self._one(users) | {"json": {"title": NEW_TITLE}}
        )
        yield self._call("change priority and due date", tasks.PUT, lambda users: self._one(users) | {"json": changed})
        yield self._call("complete", tasks.COMPLETE, lambda users: self._one(users) | {"json": {"completed": True}})
        yield self._call("delete", tasks.DELETE, self._done)
        creates = [{"op": "create", "task": TASK}] * MANY
        yield self._call(f"create {MANY} at once", tasks.BULK, lambda _: {"json": {"operations": creates}})
        yield self._call(f"delete {MANY} at once", tasks.BULK_DELETE, self._many)

    def _call(self, name: str, route: str, make_request: MakeRequest) -> HttpCall:
        def request(users: CallUsers) -> dict[str, Any]:
            return {"bearer": self.person.token} | make_request(users)

        return HttpCall(name=name, routes=(route, with_user_id(route)), make_request=request)

    def _one(self, users: CallUsers) -> dict[str, Any]:
        return {"task_id": create_task(users.call, self.person, **TASK)["id"]}

    def _done(self, users: CallUsers) -> dict[str, Any]:
        task = self._one(users)
        users.call(tasks.COMPLETE, bearer=self.person.token, json={"completed": True}, **task)
        return task

    def _many(self, users: CallUsers) -> dict[str, Any]:
        ids = [task["id"] for task in list_tasks(users.call, self.person, limit=MANY)["tasks"]]
        done = [{"op": "complete", "id": task, "completed": True} for task in ids]
        users.call(tasks.BULK, bearer=self.person.token, json={"operations": done})
        return {"json": {"task_ids": ids}}

    def _synced(self, users: CallUsers) -> dict[str, Any]:
        """Sync to the end, then create three tasks."""
        more = True
        while more:
            page = users.call(tasks.CHANGES, bearer=self.person.token, query=self._sync_token | {"limit": 500}).json
            self._sync_token, more = {"since": page["token"]}, page["has_more"]
        for _number in range(3):
            create_task(users.call, self.person, **TASK)
        return {"query": self._sync_token}
