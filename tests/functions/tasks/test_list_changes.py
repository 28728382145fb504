"""GET /api/tasks/changes: a client that applies every page has the current list, whatever changes meanwhile."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.tables import rows
from tests.support.task_model import SyncClient
from tests.support.tasks import (
    BULK,
    BULK_DELETE,
    CHANGES,
    COMPLETE,
    DELETE,
    EXPORT,
    LIST,
    PATCH,
    call_task_route,
    create_task,
    list_tasks,
)


@pytest.fixture
def phone(call: Api, ann: Person) -> SyncClient:
    """Ann's phone, which has not synced yet."""
    return SyncClient(call, ann)


def listed_by_id(call: Api, person: Person) -> dict[str, Any]:
    """Return the user's tasks, by id."""
    page = list_tasks(call, person, limit=100)
    assert page["cursor"] is None
    return {task["id"]: task for task in page["tasks"]}


def changes_status(call: Api, person: Person, **query: Any) -> tuple[int, str | None]:
    """Return status and code of a request for changes."""
    response = call(CHANGES, bearer=person.token, query=query)
    return response.status, response.code


# -- The contents of a page ---------------------------------------------------------


def test_the_first_page_has_every_task_oldest_first(call: Api, ann: Person, bob: Person, phone: SyncClient) -> None:
    created = [create_task(call, ann, title=f"Task {number}", tags=["x"], due_date="2026-12-01") for number in range(3)]
    create_task(call, bob)

    assert phone.page() == {"changed": created, "deleted": [], "token": phone.token, "has_more": False}


def test_later_pages_have_only_changes_in_their_order(call: Api, ann: Person, phone: SyncClient) -> None:
    first, second, third, _ = (create_task(call, ann) for _ in range(4))
    phone.catch_up()
    call_task_route(call, PATCH, bearer=ann.token, task=third["id"])
    new = create_task(call, ann)
    call_task_route(call, DELETE, bearer=ann.token, task=second["id"])
    call_task_route(call, COMPLETE, bearer=ann.token, task=first["id"])
    page = phone.page()

    assert [task["id"] for task in page["changed"]] == [third["id"], new["id"], first["id"]]
    assert page["deleted"] == [second["id"]]
    assert phone.page()["changed"] == []


def test_bulk_changes_are_included(call: Api, ann: Person, phone: SyncClient) -> None:
    ids = [create_task(call, ann)["id"] for _ in range(6)]
    phone.catch_up()
    operations = [
        {"op": "delete", "id": ids[0]},
        {"op": "update", "id": ids[1], "changes": {"title": "Changed"}},
        {"op": "update", "id": ids[2], "changes": {"title": "Soon gone"}},
        {"op": "delete", "id": ids[2]},
        {"op": "create", "task": {"title": "New"}},
    ]
    call_task_route(call, BULK, bearer=ann.token, json={"operations": operations})
    call_task_route(call, BULK_DELETE, bearer=ann.token, json={"task_ids": ids[4:]})
    page = phone.page()

    assert sorted(page["deleted"]) == sorted([ids[0], ids[2], *ids[4:]])
    assert {task["title"] for task in page["changed"]} == {"Changed", "New"}
    assert phone.tasks == listed_by_id(call, ann)


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_a_page_is_limited_as_requested(call: Api, ann: Person, phone: SyncClient, limit: int) -> None:
    ids = [create_task(call, ann)["id"] for _ in range(5)]
    call_task_route(call, DELETE, bearer=ann.token, task=ids.pop())
    pages = phone.catch_up(limit=limit)

    assert call.aws_operations == ["BatchGetItem", "Query"]
    assert all(len(page["changed"]) + len(page["deleted"]) <= limit for page in pages)
    assert [task["id"] for page in pages for task in page["changed"]] == ids


def test_the_default_limit_is_a_hundred(call: Api, ann: Person, phone: SyncClient) -> None:
    for size in (100, 20):
        new = {"operations": [{"op": "create", "task": {"title": "x"}}] * size}
        assert call_task_route(call, BULK, bearer=ann.token, json=new).status == 200

    assert [len(page["changed"]) for page in phone.catch_up()] == [100, 20]


def test_an_invalid_limit_is_refused(call: Api, ann: Person) -> None:
    for limit in ("0", "-1", "501", "1e9", "x", ""):
        assert changes_status(call, ann, limit=limit) == (400, "VALIDATION_ERROR"), limit


# -- Changes between pages ----------------------------------------------------------


def test_a_change_between_pages_is_on_a_later_one(call: Api, ann: Person, phone: SyncClient) -> None:
    ids = [create_task(call, ann)["id"] for _ in range(6)]
    phone.page(limit=2)
    call_task_route(call, DELETE, bearer=ann.token, task=ids[0])  # already sent
    call_task_route(call, PATCH, bearer=ann.token, task=ids[1])  # already sent
    call_task_route(call, DELETE, bearer=ann.token, task=ids[2])  # not sent yet
    call_task_route(call, COMPLETE, bearer=ann.token, task=ids[3])  # not sent yet
    phone.page(limit=2)
    call_task_route(call, PATCH, bearer=ann.token, task=ids[1], json={"title": "Again"})
    call_task_route(call, DELETE, bearer=ann.token, task=ids[3])
    create_task(call, ann)
    phone.catch_up(limit=2)

    assert phone.tasks == listed_by_id(call, ann)
    assert set(ids[4:]) < set(phone.tasks)


def test_the_order_of_changes_does_not_depend_on_clocks(
    call: Api, ann: Person, phone: SyncClient, advance_clock: Callable[..., None]
) -> None:
    """A change is later even if its Lambda's clock is an hour behind."""
    old = create_task(call, ann)["id"]
    phone.catch_up()
    advance_clock(hours=-1)
    new = create_task(call, ann)["id"]
    call_task_route(call, DELETE, bearer=ann.token, task=old)
    phone.catch_up()

    assert set(phone.tasks) == {new}


def test_a_change_that_lost_a_race_gets_a_later_number(
    call: Api, ann: Person, phone: SyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was prepared first, but the phone has seen the other one already."""
    first, second = create_task(call, ann)["id"], create_task(call, ann)["id"]
    phone.catch_up()

    def other_change() -> None:
        call_task_route(call, PATCH, bearer=ann.token, task=second)
        phone.catch_up()

    interleave(monkeypatch, "tasks.transactions", "transact", other_change)
    call_task_route(call, PATCH, bearer=ann.token, task=first, json={"title": "Overtaken"})
    phone.catch_up()

    assert phone.tasks[first]["title"] == "Overtaken"
    assert phone.tasks == listed_by_id(call, ann)


def test_no_change_is_missed_during_concurrent_writes(call: Api, ann: Person, phone: SyncClient) -> None:
    def write(number: int) -> None:
        mine = [create_task(call, ann, title=f"{number}")["id"] for _ in range(4)]
        for step, task in enumerate(mine * 2):
            call_task_route(call, (PATCH, COMPLETE)[step % 2], bearer=ann.token, task=task)
        call_task_route(call, DELETE, bearer=ann.token, task=mine[0])
        call_task_route(call, BULK_DELETE, bearer=ann.token, json={"task_ids": mine[1:2]})

    writers = [Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        phone.page(limit=3)
    phone.catch_up(limit=3)

    assert len(phone.tasks) == 6
    assert phone.tasks == listed_by_id(call, ann)


# -- Tokens --------------------------------------------------------------------------


def test_a_token_is_bound_to_its_user_and_to_syncing(call: Api, ann: Person, bob: Person, phone: SyncClient) -> None:
    create_task(call, ann)
    create_task(call, ann)
    token = phone.page(limit=1)["token"]
    tampered = [token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :] for index in (0, 21, 22, 30)]
    foreign = [list_tasks(call, ann, limit=1)["cursor"], SyncClient(call, bob).page()["token"]]

    for invalid in ("", "x", "=", "é", "\0", "x" * 5000, token + "AAAA", token[:-4], *tampered, *foreign):
        response = call(CHANGES, bearer=ann.token, query={"since": invalid})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), invalid
        assert "since" in response.json["message"]
        assert call.aws_operations == ["BatchGetItem"]
    for route in (LIST, EXPORT):
        assert call(route, bearer=ann.token, query={"cursor": token}).code == "VALIDATION_ERROR"


def test_a_token_is_valid_for_a_month_in_any_session(
    call: Api, people: People, ann: Person, phone: SyncClient, advance_clock: Callable[..., None]
) -> None:
    remaining, deleted = create_task(call, ann)["id"], create_task(call, ann)["id"]
    phone.catch_up()
    call("POST /api/auth/revoke-sessions", bearer=ann.token)
    advance_clock(days=29)
    phone.person = people.sign_in(ann.email)
    call_task_route(call, DELETE, bearer=phone.person.token, task=deleted)
    assert changes_status(call, phone.person, since=phone.token) == (200, None)

    advance_clock(days=1, minutes=1)
    phone.person = people.sign_in(ann.email)
    assert changes_status(call, phone.person, since=phone.token) == (410, "SYNC_TOKEN_EXPIRED")

    phone.token = None
    assert {task["id"] for task in phone.page()["changed"]} == {remaining}


def test_the_month_begins_with_the_first_page(
    call: Api, people: People, ann: Person, phone: SyncClient, advance_clock: Callable[..., None]
) -> None:
    """Tombstones of changes since the first page may have expired."""
    for _ in range(3):
        create_task(call, ann)
    phone.page(limit=1)
    advance_clock(days=20)
    phone.person = people.sign_in(ann.email)
    phone.page(limit=1)
    advance_clock(days=11)
    phone.person = people.sign_in(ann.email)

    assert changes_status(call, phone.person, since=phone.token) == (410, "SYNC_TOKEN_EXPIRED")


def test_tombstones_outlive_tokens(call: Api, cloud: Cloud, ann: Person, task: dict[str, Any]) -> None:
    call_task_route(call, DELETE, bearer=ann.token, task=task["id"])
    (tombstone,) = [row for row in rows(cloud, "TasksTable") if row.get("gone_id") == task["id"]]
    seconds_left = float(tombstone["expires_at"]) - layer("clock").now().timestamp()

    assert 30 * 86400 < seconds_left < 32 * 86400
