"""erase_user: erases all rows of a deleted user, through any failure, and no other rows."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import batched
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, sign_in, sign_up, verify
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.erasures import Erasures
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import PASSWORD, People, Person
from tests.support.pictures import PNG, data_url
from tests.support.tables import TABLES, all_rows
from tests.support.tasks import create_task, list_tasks, store_tasks

DELETE = "POST /api/auth/delete-user"

pytestmark = pytest.mark.usefixtures("erasures")


def traces(cloud: Cloud, person: Person) -> list[Any]:
    """Return every row, in any table, that belongs to the user."""
    hints = (person.id, person.email, layer("throttle").pseudonym(person.email), person.token[36:58])
    return [row for table in all_rows(cloud).values() for row in table if any(hint in str(row) for hint in hints)]


def audit_entries(cloud: Cloud, user_id: str) -> list[dict[str, Any]]:
    """Return the audit entries of the user, the newest last."""
    logs = cloud.client("logs")
    streams = logs.describe_log_streams(logGroupName="AuditLogs")["logStreams"]
    events = [
        event
        for stream in streams
        for event in logs.get_log_events(logGroupName="AuditLogs", logStreamName=stream["logStreamName"])["events"]
    ]
    lines = [json.loads(event["message"]) for event in sorted(events, key=lambda event: event["timestamp"])]
    return [line for line in lines if line["subject"] == layer("audit").pseudonym(user_id)]


def delete_account(call: Api, person: Person) -> None:
    """Delete the user's account."""
    assert call(DELETE, bearer=person.token, json={"password": PASSWORD}).status == 200


@pytest.fixture(scope="module")
def snapshot() -> dict[str, Any]:
    """What `ann` creates once: the user, and the tables at that time."""
    return {}


@pytest.fixture
def ann(
    oauth_flow: OAuthFlow, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], snapshot: dict[str, Any]
) -> Person:
    """A user with rows in every table."""
    settings(rate_limits="on", rate_limit_sign_in="1000/1", rate_limit_mail="1000/1")
    if not snapshot:
        snapshot["ann"] = leave_traces(oauth_flow, mailbox)
        snapshot["tables"] = {table: cloud.client("dynamodb").scan(TableName=table)["Items"] for table in TABLES}
    for table, items in snapshot["tables"].items():
        for some in batched(items, 25, strict=False):
            puts = [{"PutRequest": {"Item": item}} for item in some]
            cloud.client("dynamodb").batch_write_item(RequestItems={table: puts})
    person: Person = snapshot["ann"]
    return person


def leave_traces(oauth_flow: OAuthFlow, mailbox: Mailbox) -> Person:
    """Sign up, and use every feature that writes rows."""
    call = mailbox._call
    person = People(call).signed_in("ann")
    oauth_flow.link(person.token)
    sign_in(call, person.email, "a wrong one")
    call("POST /api/auth/login", json={"email": person.email, "password": PASSWORD})
    call("POST /api/auth/update-user", bearer=person.token, json={"taskReminders": True, "image": data_url(PNG)})
    waiting = layer("accounts.waiting_pictures")
    waiting.store_waiting(person.email, waiting.Picture(picture_id="x", media_type="image/png", content=PNG))
    task = create_task(call, person, title="Water the plants")
    call("DELETE /api/tasks/{task_id}", bearer=person.token, task_id=task["id"], headers={"idempotency-key": "k"})
    store_tasks(person, 30)
    for _ in range(10):
        list_tasks(call, person)  # ten are counted in one write
    request_reset(call, mailbox, person.email)
    call("POST /api/auth/change-email", bearer=person.token, json={"newEmail": "other@example.com"})
    return person


def test_only_an_audit_entry_remains(call: Api, cloud: Cloud, erasures: Erasures, ann: Person) -> None:
    assert {name for name, table in all_rows(cloud).items() if ann.id in str(table)} == {
        "UsersTable",
        "SessionsTable",
        "TokensTable",
        "TasksTable",
        "LimitsTable",
    }
    delete_account(call, ann)
    assert erasures.deliver() == {"batchItemFailures": []}

    assert traces(cloud, ann) == []
    entry = audit_entries(cloud, ann.id)[-1]
    assert (entry["event"], entry["actor"]) == ("user erased", "erase_user")
    assert entry["rows"] > 35
    assert ann.id not in str(entry)


def test_every_row_has_a_schema_version(call: Api, cloud: Cloud, ann: Person) -> None:
    """ADR 14: rows of a later schema can be distinguished."""
    delete_account(call, ann)

    assert {row.get("v") for table in all_rows(cloud).values() for row in table} == {"1"}


def test_sessions_are_invalid_before_anything_is_erased(call: Api, ann: Person) -> None:
    delete_account(call, ann)

    assert call("GET /api/tasks", bearer=ann.token).status == 401


def test_other_users_lose_nothing(call: Api, cloud: Cloud, people: People, erasures: Erasures, ann: Person) -> None:
    bob = people.signed_in("bob")
    create_task(call, bob, title="Mine")
    before = traces(cloud, bob)
    delete_account(call, ann)
    erasures.deliver()

    assert traces(cloud, bob) == before


def test_a_new_sign_up_for_the_address_is_not_erased(
    call: Api, erasures: Erasures, mailbox: Mailbox, ann: Person, advance_clock: Callable[..., None]
) -> None:
    """The pending sign-up has the same address."""
    delete_account(call, ann)
    advance_clock(seconds=1)
    mailbox.deliver()  # the mail about a change of address, so that the next one comes last
    sign_up(call, ann.email)
    token = mailbox.to(ann.email)[-1].token
    erasures.deliver()

    assert verify(call, token).json["user"]["id"] != ann.id


def test_a_repeated_order_does_nothing(call: Api, cloud: Cloud, erasures: Erasures, ann: Person) -> None:
    """A second delivery, or a late one."""
    delete_account(call, ann)
    (order,) = erasures.orders()
    erasures.deliver()
    before = (all_rows(cloud), len(audit_entries(cloud, ann.id)))
    erasures.deliver(order)

    assert (all_rows(cloud), len(audit_entries(cloud, ann.id))) == before


@pytest.mark.parametrize("operation", ["Query", "BatchWriteItem", "BatchGetItem", "DeleteItem", "PutLogEvents"])
def test_a_failed_order_is_retried_until_it_succeeds(
    call: Api, cloud: Cloud, erasures: Erasures, ann: Person, operation: str
) -> None:
    delete_account(call, ann)
    (order,) = erasures.orders()
    with failing_calls(client_error("ThrottlingException"), operation, times=2):
        responses = [erasures.deliver(order) for _ in range(3)]

    assert [bool(response["batchItemFailures"]) for response in responses] == [True, True, False]
    assert traces(cloud, ann) == []


def test_a_persistently_failing_order_is_marked_failed_and_can_be_ordered_again(
    call: Api, cloud: Cloud, erasures: Erasures, ann: Person
) -> None:
    delete_account(call, ann)
    (order,) = erasures.orders()
    with failing_calls(UNREACHABLE, "BatchWriteItem"):
        responses = [erasures.deliver(order) for _ in range(8)]
    assert [bool(response["batchItemFailures"]) for response in responses] == [True] * 7 + [False]
    assert [row["erasure"]["S"] for row in erasures.orders()] == ["failed"]
    assert erasures.deliver(order) == {"batchItemFailures": []}
    assert traces(cloud, ann)

    layer("accounts.erasure_orders").ErasureRow(ann.id).update(
        [layer("accounts.erasure_orders").ErasureRow.erasure.set("pending")]
    )
    erasures.deliver()
    assert traces(cloud, ann) == []


def test_an_order_that_runs_out_of_time_is_ordered_again(
    call: Api, cloud: Cloud, erasures: Erasures, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_account(call, ann)
    monkeypatch.setattr(layer("erasure.flows"), "_PAGE_SIZE", 10)
    monkeypatch.setattr(layer("erasure.flows"), "_MIN_TIME_LEFT", 10**9)
    runs = 0
    while erasures.orders():
        erasures.deliver()
        runs += 1
        assert runs < 30

    assert runs > 4
    assert traces(cloud, ann) == []
    assert audit_entries(cloud, ann.id)[-1]["rows"] > 35


def test_erasure_waits_for_requests_under_way(
    call: Api, erasures: Erasures, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """30 seconds: API Gateway ends a request after that."""
    waited: list[float] = []
    monkeypatch.setattr(layer("erasure.flows"), "_LONGEST_REQUEST", timedelta(seconds=30))
    monkeypatch.setattr(layer("erasure.flows").time, "sleep", waited.append)
    delete_account(call, ann)
    erasures.deliver()

    assert 25 < waited[0] <= 30


@pytest.mark.parametrize("page", [10, pytest.param(250, marks=pytest.mark.slow)])
def test_forty_pages_of_tasks_are_erased_despite_failures(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, cloud: Cloud, people: People, erasures: Erasures, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    flows = layer("erasure.flows")
    monkeypatch.setattr(flows, "_PAGE_SIZE", page)
    real, calls = flows.batch_delete, iter(range(1_000_000))

    def sometimes(*given: Any) -> None:
        if next(calls) in {5, 20, 33}:
            raise UNREACHABLE
        real(*given)

    monkeypatch.setattr(flows, "batch_delete", sometimes)
    ann = people.signed_in("ann")
    client = cloud.client("dynamodb")
    for start in range(0, 40 * page, 25):
        names = [f"{start + number:08}" for number in range(25)]
        new = [{"PutRequest": {"Item": {"user_id": {"S": ann.id}, "task_id": {"S": name}}}} for name in names]
        client.batch_write_item(RequestItems={"TasksTable": new})
    delete_account(call, ann)
    (order,) = erasures.orders()
    responses = [erasures.deliver(order) for _ in range(4)]

    assert [bool(response["batchItemFailures"]) for response in responses] == [True, True, True, False]
    assert traces(cloud, ann) == []
