"""POST /api/tasks/bulk: operations are executed in order, and each result equals the response to a single request."""

from bisect import bisect_left
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.people import Person
from tests.support.tables import all_rows, tables_unchanged
from tests.support.tasks import (
    BULK,
    COMPLETE,
    CREATE,
    DELETE,
    MISSING_ID,
    PATCH,
    call_task_route,
    create_task,
    list_tasks,
    with_user_id,
)

MARK = "marked-value"
NEW = {"op": "create", "task": {"title": "New"}}
SAME = {"id", "created_at", "updated_at", "completed_at"}
SINGLE_REQUESTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (CREATE, {"json": {"title": " New ", "tags": ["A"]}}, {"op": "create", "task": {"title": " New ", "tags": ["A"]}}),
    (CREATE, {"json": {"title": ""}}, {"op": "create", "task": {"title": ""}}),
    (CREATE, {"json": {"title": "x", "tags": ["a b"]}}, {"op": "create", "task": {"title": "x", "tags": ["a b"]}}),
    (PATCH, {"json": {"priority": "LOW"}}, {"op": "update", "changes": {"priority": "LOW"}}),
    (PATCH, {"json": {"completed": True}}, {"op": "update", "changes": {"completed": True}}),
    (PATCH, {"json": {}}, {"op": "update", "changes": {}}),
    (PATCH, {"json": {"title": None}}, {"op": "update", "changes": {"title": None}}),
    (COMPLETE, {"json": {"completed": False}}, {"op": "complete", "completed": False}),
    (COMPLETE, {"body": None}, {"op": "complete"}),
    (COMPLETE, {"json": {"completed": "yes"}}, {"op": "complete", "completed": "yes"}),
    (DELETE, {}, {"op": "delete"}),
    (PATCH, {"headers": {"if-match": '"1"'}}, {"op": "update", "changes": {"title": "Patched"}, "version": 1}),
    (PATCH, {"headers": {"if-match": '"2"'}}, {"op": "update", "changes": {"title": "Patched"}, "version": 2}),
    (DELETE, {"headers": {"if-match": '"0"'}}, {"op": "delete", "version": 0}),
]
INVALID: dict[str, list[Any]] = {  # by the field in the message
    "op": [
        *(None, MARK, [MARK], 7, {}, {"task": {"title": MARK}}, {"op": "CREATE", "task": {"title": MARK}}),
        *({"op": op} for op in (MARK, None, {MARK: 1})),
    ],
    "task": [{"op": "create"}, {"op": "create", "task": MARK}],
    "task.title": [{"op": "create", "task": {"title": " "}}],
    **{
        f"task.{field}": [{"op": "create", "task": {"title": MARK, field: value}}]
        for field, value in {"priority": MARK, "id": MARK, "due_date": MARK, "tags": ["a", f"{MARK} {MARK}"]}.items()
    },
    "id": [
        *({"op": "create", "task": {"title": MARK}, "id": MISSING_ID}, {"op": "update", "changes": {"title": MARK}}),
        *({"op": "update", "id": 7, "changes": {"title": "x"}}, {"op": "complete", "id": [MARK]}),
        *({"op": "delete"}, {"op": "delete", "id": None}),
    ],
    "changes": [{"op": "update", "id": MISSING_ID}, {"op": "update", "id": MISSING_ID, "changes": None}],
    "changes.completed": [{"op": "update", "id": MISSING_ID, "changes": {"completed": MARK}}],
    "user_id": [{"op": "update", "id": MISSING_ID, "changes": {"title": "x"}, "user_id": MARK}],
    "completed": [{"op": "complete", "id": MISSING_ID, "completed": 1}],
    "version": [{"op": "delete", "id": MISSING_ID, "version": version} for version in (MARK, True, "1", 1.5)],
}
EACH_INVALID = [(operation, field) for field, operations in INVALID.items() for operation in operations]


def send(call: Api, person: Person, *operations: Any, name: str | None = None, route: str = BULK) -> Response:
    """Send these operations in one call."""
    headers = {"idempotency-key": name} if name else {}
    return call_task_route(
        call, route, bearer=person.token, owner=person.id, headers=headers, json={"operations": list(operations)}
    )


def bulk(call: Api, person: Person, *operations: Any, **other: Any) -> list[dict[str, Any]]:
    """Return the result of each operation."""
    response = send(call, person, *operations, **other)
    assert response.status == 200, response.text
    results: list[dict[str, Any]] = response.json["results"]
    assert len(results) == len(operations)
    return results


def change(task: dict[str, Any], title: str = "Changed", **other: Any) -> dict[str, Any]:
    """Return an operation that changes a task's title."""
    return {"op": "update", "id": task["id"], "changes": {"title": title}} | other


@pytest.mark.parametrize("route", [BULK, with_user_id(BULK)])
def test_operations_of_all_kinds_are_executed_in_order(call: Api, ann: Person, route: str) -> None:
    one, two, three = (create_task(call, ann) for _ in range(3))
    operations = [change(one), NEW, {"op": "complete", "id": two["id"]}, {"op": "delete", "id": three["id"]}, NEW]
    results = bulk(call, ann, *operations, route=route)

    assert [result["status"] for result in results] == [200, 201, 200, 204, 201]
    assert [result["error"] for result in results] == [None] * 5
    assert results[3]["task"] is None
    created = [results[index]["task"] for index in (4, 1, 2, 0)]
    assert sorted(list_tasks(call, ann)["tasks"], key=repr) == sorted(created, key=repr)


@pytest.mark.parametrize(("route", "request_", "operation"), SINGLE_REQUESTS, ids=str)
def test_an_operation_has_the_result_of_a_single_request(
    call: Api, ann: Person, route: str, request_: dict[str, Any], operation: dict[str, Any]
) -> None:
    one, other = create_task(call, ann), create_task(call, ann)
    single = call_task_route(call, route, bearer=ann.token, task=one["id"], **request_)
    about = {} if route == CREATE else {"id": other["id"]}
    (result,) = bulk(call, ann, operation | about)

    assert result["status"] == single.status
    if single.status >= 400:
        assert result["error"]["code"] == single.code
        assert result["error"]["message"].split("] ")[-1] == single.json["message"].split("] ")[-1]
    elif single.text:
        task = result["task"]
        assert {name: value for name, value in task.items() if name not in SAME} == {
            name: value for name, value in single.json.items() if name not in SAME
        }
        assert task == call_task_route(call, "GET /api/tasks/{task_id}", bearer=ann.token, task=task["id"]).json


def test_an_operation_on_a_missing_task_has_the_error_of_a_single_request(call: Api, ann: Person) -> None:
    kinds = {PATCH: change({"id": MISSING_ID}), COMPLETE: {"op": "complete"}, DELETE: {"op": "delete"}}
    for route, kind in kinds.items():
        for text in (MISSING_ID, "malformed", "", "x" * 5000):
            single = call_task_route(call, route, bearer=ann.token, task=text or MISSING_ID)
            (result,) = bulk(call, ann, kind | {"id": text})
            error = {"code": "NOT_FOUND", "message": single.json["message"]}
            assert result == {"status": 404, "task": None, "error": error}, (route, text[:10])


def test_an_invalid_operation_affects_no_other_and_its_error_names_the_field(
    call: Api, ann: Person, task: dict[str, Any]
) -> None:
    invalid = [operation for operation, _ in EACH_INVALID]
    results = bulk(call, ann, change(task, "First"), *invalid, change(task, "Last"), NEW)

    assert [results[index]["status"] for index in (0, -2, -1)] == [200, 200, 201]
    assert (results[-2]["task"]["title"], results[-2]["task"]["version"]) == ("Last", 3)
    for (operation, field), result in zip(EACH_INVALID, results[1:-2], strict=True):
        assert (result["status"], result["task"], result["error"]["code"]) == (400, None, "VALIDATION_ERROR"), operation
        assert f"[{field}" in result["error"]["message"], operation
        assert MARK not in result["error"]["message"], operation


def test_invalid_operations_alone_are_no_invalid_request(call: Api, cloud: Cloud, ann: Person) -> None:
    with tables_unchanged(cloud):
        assert {result["status"] for result in bulk(call, ann, *(operation for operation, _ in EACH_INVALID))} == {400}


def test_an_operation_sees_the_results_of_earlier_ones(call: Api, ann: Person, task: dict[str, Any]) -> None:
    done = {"op": "complete", "id": task["id"]}
    delete = {"op": "delete", "id": task["id"]}
    operations = [
        change(task, version=1),
        done,
        done,
        change(task, version=2),
        change(task, version=4),
        delete,
        done,
        delete,
    ]
    results = bulk(call, ann, *operations)

    assert [result["status"] for result in results] == [200, 200, 200, 412, 200, 204, 404, 404]
    assert [result["task"] and result["task"]["version"] for result in results[:5]] == [2, 3, 4, None, 5]
    assert [results[index]["task"]["completed"] for index in (0, 1, 2, 4)] == [False, True, False, False]
    assert list_tasks(call, ann)["tasks"] == []


def test_a_hundred_operations_are_executed(call: Api, ann: Person, task: dict[str, Any]) -> None:
    """In several transactions, and in order."""
    results = bulk(call, ann, *(change(task, str(number)) if number % 2 else NEW for number in range(100)))

    assert [result["task"]["version"] for result in results[1::2]] == list(range(2, 52))
    assert [result["task"]["title"] for result in results[1::2]] == [str(number) for number in range(1, 100, 2)]
    assert len({result["task"]["id"] for result in results[::2]}) == 50
    assert len(list_tasks(call, ann, limit=100)["tasks"]) == 51
    assert call("GET /api/tasks/summary", bearer=ann.token).json["total"] == 51


def test_no_or_too_many_operations_are_refused(call: Api, cloud: Cloud, ann: Person) -> None:
    bodies: list[Any] = [{"operations": invalid} for invalid in ([], [NEW] * 101, NEW, None, "create")]

    with tables_unchanged(cloud):
        for body in [*bodies, {}, {"operations": [NEW], "user_id": MISSING_ID}, [NEW]]:
            response = call_task_route(call, BULK, bearer=ann.token, json=body)
            assert (response.status, response.code) == (400, "VALIDATION_ERROR"), str(body)[:40]


def test_another_users_tasks_are_not_found(call: Api, cloud: Cloud, bob: Person, task: dict[str, Any]) -> None:
    before, kinds = all_rows(cloud), ({"op": "complete"}, {"op": "delete"}, change(task))
    foreign = bulk(call, bob, *(kind | {"id": task["id"]} for kind in kinds))

    assert foreign == bulk(call, bob, *(kind | {"id": MISSING_ID} for kind in kinds))
    assert {result["status"] for result in foreign} == {404}
    assert all_rows(cloud) == before


def test_deeply_nested_operations_cause_no_500(call: Api, ann: Person) -> None:
    """Around the depth at which the body can no longer be parsed."""

    def nested(depth: int) -> Response:
        headers = {"content-type": "application/json", "idempotency-key": str(depth)}
        body = f'{{"operations": {"[" * depth}{"]" * depth}}}'
        return call_task_route(call, BULK, bearer=ann.token, headers=headers, body=body)

    deepest = bisect_left(range(100_000), x=True, lo=2, key=lambda depth: nested(depth).code == "BAD_REQUEST")
    assert deepest > 100
    assert {nested(depth).status for depth in range(deepest - 5, deepest + 5)} == {200, 400}
