"""GET /api/tasks: pages, parameters, and a bounded cost for each page."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.slow import some_and_all
from tests.support.tasks import DELETE, LIST, call_task_route, create_task, list_tasks, store_tasks, with_user_id

MANY = 120
INVALID = {
    "limit": ["0", "101", "-1", "1000000000", "9" * 5000, "x", "", "1.5", "1e1", "true"],
    "status": ["", "done", "ALL", "all,active"],
    "priority": ["", "none", "3", "high,low"],
    "tag": ["", "+", "a+b"],
    "due_before": ["", "x", "2026-02-30", "2026-05", "tomorrow", "2026-05-01T10:00", "1777600000"],
    "due_after": ["", "x", "2026-13-01", "20260501", "now"],
    "updated_since": ["", "x", "2026-05-01", "2026-05-01T10:00:00", "1777600000", "5", "nan"],
    "sort": ["", "id", "created_at,title", "-title", "CREATED_AT"],
    "order": ["", "up", "ASC", "1"],
    "cursor": ["", "x", "eyJpZCI6MX0=", "x" * 5000, "%00", "%FF", "null"],
    "completed": ["maybe", "true"],
    "search": ["x" * 201],
    "user_id": ["someone"],
    "page": ["2"],
    "offset": ["1"],
}
REPEATED = ["limit=1&limit=2", "limit=2&limit=2", "cursor=a&cursor=b", "tag=a&tag=b", "sort=title&limit=1&sort=title"]
LAST = {"created_at": "desc", "due_date": "asc", "priority": "desc", "updated_at": "desc", "title": "asc"}


def pages(call: Api, person: Person, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Return every page of the list, following its cursors."""
    page = list_tasks(call, person, **query)
    yield page["tasks"]
    while page["cursor"] is not None:
        page = list_tasks(call, person, **query | {"cursor": page["cursor"]})
        yield page["tasks"]


def test_a_new_user_has_no_tasks(call: Api, ann: Person) -> None:
    assert list_tasks(call, ann) == {"tasks": [], "cursor": None}


@pytest.mark.parametrize("route", [LIST, with_user_id(LIST)])
def test_tasks_are_listed_with_all_fields_newest_first(call: Api, ann: Person, route: str) -> None:
    created = [create_task(call, ann, title=f"Task {number}", due_date="2026-12-01") for number in range(3)]
    response = call_task_route(call, route, bearer=ann.token, owner=ann.id)

    assert response.status == 200
    assert response.json == {"tasks": created[::-1], "cursor": None}


def test_defaults_are_those_in_the_documents(call: Api, ann: Person) -> None:
    store_tasks(ann, 51)
    explicit = {"status": "all", "sort": "created_at", "order": "desc", "limit": 50, "search": " "}

    assert list_tasks(call, ann)["tasks"] == list_tasks(call, ann, **explicit)["tasks"]


def test_pages_lose_no_task_and_repeat_none(call: Api, ann: Person, bob: Person) -> None:
    ids = store_tasks(ann, MANY)
    create_task(call, bob)

    for query, sizes in (({}, [50, 50, 20]), ({"limit": 100}, [100, 20]), ({"limit": 60}, [60, 60])):
        found = list(pages(call, ann, **query))
        assert [len(page) for page in found] == sizes
        assert [task["id"] for page in found for task in page] == ids[::-1]


def test_paging_is_stable_under_concurrent_changes(call: Api, ann: Person) -> None:
    """A task created meanwhile belongs to an earlier page; a deleted one is missing; none is repeated."""
    ids = [create_task(call, ann)["id"] for _ in range(6)]
    first = list_tasks(call, ann, limit=3)
    create_task(call, ann)
    call_task_route(call, DELETE, bearer=ann.token, task=first["tasks"][-1]["id"])
    call_task_route(call, DELETE, bearer=ann.token, task=ids[1])
    rest = list_tasks(call, ann, limit=3, cursor=first["cursor"])

    assert [task["id"] for task in rest["tasks"]] == [ids[2], ids[0]]


@pytest.mark.parametrize("limit", [1, 100])
def test_the_limit_is_between_one_and_a_hundred(call: Api, ann: Person, limit: int) -> None:
    create_task(call, ann)
    create_task(call, ann)

    assert len(list_tasks(call, ann, limit=limit)["tasks"]) == min(limit, 2)


def test_an_invalid_parameter_is_refused_by_name(call: Api, ann: Person) -> None:
    for name, values in INVALID.items():
        for value in values:
            response = call(LIST, bearer=ann.token, query=f"{name}={value}")
            assert (response.status, response.code) == (400, "VALIDATION_ERROR"), (name, value[:20])
            assert response.json["message"].startswith(f"[query.{name}] ")
            assert set(response.json) <= {"code", "message", "details", "requestId"}
            assert call.aws_operations == ["BatchGetItem"]


def test_a_repeated_parameter_is_refused(call: Api, ann: Person) -> None:
    for query in REPEATED:
        response = call(LIST, bearer=ann.token, query=query)
        assert (response.status, response.code) == (400, "VALIDATION_ERROR")
        assert "once" in response.json["message"]


def test_the_body_of_a_query_is_ignored(call: Api, ann: Person) -> None:
    response = call(LIST, bearer=ann.token, body="{", headers={"content-type": "application/json"})

    assert response.status == 200


def write_haystack(owner: str, size: int, *, every: int = 0) -> None:
    """Write rows of tasks: the first, which sorts last in the orders of LAST, is a needle, and so is one in `every`."""
    model, row = layer("tasks.model"), layer("tasks.table").TaskRow
    now = layer("clock").now()
    same = {"description": "", "completed": False, "completed_at": None, "created_at": now, "updated_at": now}
    hay = {"title": "hay", "priority": "high", "due_date": "2026-05-01", "tags": ["hay"]} | same
    needle = hay | {"title": "needle", "priority": "low", "due_date": "2026-05-02", "tags": ["needle"]}
    ids = sorted(model.new_task_id() for _ in range(size))
    with row.batch_write() as batch:
        for number, name in enumerate(ids):
            about = needle if number == 0 or (every and number % every == 0) else hay
            batch.save(row.of(owner, model.Task(id=name, version=1, **about), 1 + number))


@some_and_all("sorts", ("created_at", "title"), tuple(LAST))
def test_rare_matches_are_found_in_steps_of_bounded_cost(call: Api, ann: Person, sorts: tuple[str, ...]) -> None:
    """A page reads a thousand tasks at most, so that it may be empty and have a cursor."""
    write_haystack(ann.id, 1_200)

    for sort in sorts:
        query = {"sort": sort, "order": LAST[sort], "tag": "needle"}
        first = list_tasks(call, ann, **query)
        assert call.aws_operations == ["BatchGetItem", *["Query"] * 4]
        rest = list_tasks(call, ann, **query, cursor=first["cursor"])
        assert call.aws_operations == ["BatchGetItem", "Query"]

        assert first["tasks"] == []
        assert ([task["title"] for task in rest["tasks"]], rest["cursor"]) == (["needle"], None)


def test_without_filters_a_page_is_one_query(call: Api, ann: Person) -> None:
    write_haystack(ann.id, 60)

    for sort in LAST:
        assert len(list_tasks(call, ann, sort=sort)["tasks"]) == 50
        assert call.aws_operations == ["BatchGetItem", "Query"]


def test_surplus_matches_are_left_for_the_next_page(call: Api, ann: Person) -> None:
    """Seventy matches take two queries, and the second finds more than fit."""
    write_haystack(ann.id, 400, every=4)
    found = list(pages(call, ann, limit=70, tag="needle"))

    assert [len(page) for page in found] == [70, 30]
    assert len({task["id"] for page in found for task in page}) == 100
