"""The task routes, in both forms of their path, and sample requests for them."""

import json
from typing import Any

from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import Person

LIST, CREATE = "GET /api/tasks", "POST /api/tasks"
READ, DELETE = "GET /api/tasks/{task_id}", "DELETE /api/tasks/{task_id}"
PUT, PATCH = "PUT /api/tasks/{task_id}", "PATCH /api/tasks/{task_id}"
COMPLETE = "PATCH /api/tasks/{task_id}/complete"

SUMMARY, CHANGES, EXPORT = "GET /api/tasks/summary", "GET /api/tasks/changes", "GET /api/tasks/export"
BULK, BULK_DELETE = "POST /api/tasks/bulk", "POST /api/tasks/bulk-delete"
MISSING_ID = "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55"

BODIES: dict[str, dict[str, Any]] = {
    CREATE: {"title": "New"},
    PUT: {"title": "Put"},
    PATCH: {"title": "Patched"},
    COMPLETE: {"completed": True},
    BULK: {"operations": [{"op": "update", "id": MISSING_ID, "changes": {"title": "Bulk"}}]},
    BULK_DELETE: {"task_ids": [MISSING_ID]},
}
ROUTES = (LIST, CREATE, READ, PUT, PATCH, COMPLETE, DELETE, SUMMARY, CHANGES, EXPORT, BULK, BULK_DELETE)
ONE_TASK_ROUTES = tuple(route for route in ROUTES if "{task_id}" in route)
LIST_ROUTES = tuple(route for route in ROUTES if route.startswith("GET") and route not in ONE_TASK_ROUTES)


def with_user_id(route: str) -> str:
    """Return the route with the owner's id in its path."""
    return route.replace("/api/tasks", "/api/{user_id}/tasks")


ALL_ROUTES = (*ROUTES, *map(with_user_id, ROUTES))
WRITE_ROUTES = tuple(route for route in ALL_ROUTES if not route.startswith("GET"))


def call_task_route(
    call: Api, route: str, *, owner: str = MISSING_ID, task: str = MISSING_ID, **request: Any
) -> Response:
    """Call a task route of either form, by default with a valid body."""
    path = {name: value for name, value in (("user_id", owner), ("task_id", task)) if f"{{{name}}}" in route}
    body = BODIES.get(route.replace("/api/{user_id}/tasks", "/api/tasks"))
    valid = json.loads(json.dumps(body).replace(MISSING_ID, task))
    return call(route, **({"json": valid} if "body" not in request else {}) | path | request)


def create_task(call: Api, person: Person, **fields: Any) -> dict[str, Any]:
    """Create a task and return the service's response."""
    response = call(CREATE, bearer=person.token, json={"title": "Water the plants"} | fields)
    assert response.status == 201, response.text
    task: dict[str, Any] = response.json
    return task


def list_tasks(call: Api, person: Person, **query: Any) -> dict[str, Any]:
    """Return one page of a user's list."""
    response = call(LIST, bearer=person.token, query=query)
    assert response.status == 200, response.text
    page: dict[str, Any] = response.json
    return page


def store_tasks(person: Person, count: int, **fields: Any) -> list[str]:
    """Write rows of tasks directly, which is quicker than requests, and return their ids, oldest first."""
    model, row, now = layer("tasks.model"), layer("tasks.table").TaskRow, layer("clock").now()
    about = {"title": "Kept", "description": "", "completed": False, "completed_at": None, "priority": "medium"}
    about |= {"due_date": None, "tags": [], "version": 1, "created_at": now, "updated_at": now}
    ids = sorted(model.new_task_id() for _ in range(count))
    with row.batch_write() as batch:
        for number, name in enumerate(ids, 1):
            batch.save(row.of(person.id, model.Task(id=name, **about | fields), number))
    return ids
