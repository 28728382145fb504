"""A task of another user is not found: status, body and headers equal those for a missing task."""

from typing import Any

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.people import Person
from tests.support.slow import some_and_all
from tests.support.tables import all_rows, tables_unchanged
from tests.support.tasks import (
    ALL_ROUTES,
    CREATE,
    DELETE,
    LIST,
    MISSING_ID,
    ONE_TASK_ROUTES,
    READ,
    call_task_route,
    create_task,
    list_tasks,
    with_user_id,
)

FIXED = {"x-correlation-id": "compare-me"}
MALFORMED = ["x", "..", "null", "é", "' OR 1=1", "%", MISSING_ID + "0", MISSING_ID[:-1], "x" * 5000, "\x00"]
BOTH = (*ONE_TASK_ROUTES, *map(with_user_id, ONE_TASK_ROUTES))


def request(call: Api, route: str, person: Person, **path: str) -> Response:
    """Send a request with a fixed correlation id."""
    return call_task_route(call, route, bearer=person.token, headers=FIXED, **{"owner": person.id, **path})


def test_another_users_task_gets_the_response_for_a_missing_one(
    call: Api, cloud: Cloud, bob: Person, task: dict[str, Any]
) -> None:
    with tables_unchanged(cloud):
        for route in BOTH:
            foreign = request(call, route, bob, task=task["id"])
            assert foreign == request(call, route, bob, task=MISSING_ID)
            assert (foreign.status, foreign.code) == (404, "NOT_FOUND")


def test_a_path_with_another_users_id_gets_the_response_for_a_missing_task(
    call: Api, cloud: Cloud, ann: Person, bob: Person, task: dict[str, Any]
) -> None:
    with tables_unchanged(cloud):
        for route in map(with_user_id, (LIST, CREATE, *ONE_TASK_ROUTES)):
            foreign = request(call, route, bob, owner=ann.id, task=task["id"])
            assert foreign == request(call, route, bob, owner=MISSING_ID, task=MISSING_ID)
            assert foreign == request(call, ONE_TASK_ROUTES[0], bob, task=MISSING_ID)


@some_and_all("routes", (READ, DELETE), BOTH)
def test_a_malformed_id_gets_the_response_for_a_missing_task(call: Api, ann: Person, routes: tuple[str, ...]) -> None:
    for route in routes:
        missing = request(call, route, ann, task=MISSING_ID)
        for text in MALFORMED:
            assert request(call, route, ann, task=text) == missing, text[:20]


def test_an_id_that_cannot_be_part_of_a_path_is_not_found(call: Api, ann: Person) -> None:
    for text in ("", "x/y", "/"):
        response = request(call, READ, ann, task=text)
        assert (response.status, response.code) == (404, "NOT_FOUND"), text


def test_lists_of_users_are_separate(call: Api, cloud: Cloud, ann: Person, bob: Person) -> None:
    create_task(call, ann, title="Ann's")
    assert {row["user_id"] for row in all_rows(cloud)["TasksTable"]} == {ann.id}
    create_task(call, bob, title="Bob's")

    assert [task["title"] for task in list_tasks(call, ann)["tasks"]] == ["Ann's"]
    assert [task["title"] for task in list_tasks(call, bob)["tasks"]] == ["Bob's"]


def test_headers_and_query_cannot_name_another_user(call: Api, ann: Person, bob: Person) -> None:
    spoofed = {"x-user-id": bob.id, "x-amzn-oidc-identity": bob.id}

    for route in ALL_ROUTES:
        task = create_task(call, ann)
        query = {} if route.startswith("GET") and route != READ else {"user_id": bob.id}
        response = call_task_route(
            call, route, bearer=ann.token, owner=ann.id, task=task["id"], headers=spoofed, query=query
        )
        assert response.status in {200, 201, 204}
    assert list_tasks(call, bob)["tasks"] == []
