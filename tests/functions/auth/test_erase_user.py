"""erase_user: whatever a deleted user left is gone, whatever goes wrong meanwhile; whoever is there stays."""

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
from tests.support.tables import TABLES, all_rows
from tests.support.tasks import create_task, store_tasks

DELETE = "POST /api/auth/delete-user"


@pytest.fixture(autouse=True)
def _at_once(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request is under way that could still write."""
    assert call
    monkeypatch.setattr(layer("erasure.flows"), "_LONGEST_REQUEST", timedelta(0))


@pytest.fixture
def erasing(call: Api, cloud: Cloud) -> Erasures:
    """The stream of orders."""
    return Erasures(call, cloud)


def traces(cloud: Cloud, person: Person) -> list[Any]:
    """Every row, in any table, that has to do with somebody."""
    hints = (person.id, person.email, layer("throttle").pseudonym(person.email), person.token[36:58])
    return [row for table in all_rows(cloud).values() for row in table if any(hint in str(row) for hint in hints)]


def receipts(cloud: Cloud, user_id: str) -> list[dict[str, Any]]:
    """What the audit trail has of somebody, the newest last."""
    logs = cloud.client("logs")
    streams = logs.describe_log_streams(logGroupName="AuditLogs")["logStreams"]
    events = [
        event
        for stream in streams
        for event in logs.get_log_events(logGroupName="AuditLogs", logStreamName=stream["logStreamName"])["events"]
    ]
    lines = [json.loads(event["message"]) for event in sorted(events, key=lambda event: event["timestamp"])]
    return [line for line in lines if line["subject"] == layer("audit").pseudonym(user_id)]


def deletes(call: Api, person: Person) -> None:
    """Somebody leaves."""
    assert call(DELETE, bearer=person.token, json={"password": PASSWORD}).status == 200


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """What `ann` makes once: the person, and the tables as they are then."""
    return {}


@pytest.fixture
def ann(
    oauth_flow: OAuthFlow, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None], made: dict[str, Any]
) -> Person:
    """Somebody who left traces in every table."""
    settings(rate_limits="on", rate_limit_sign_in="1000/1", rate_limit_mail="1000/1")
    if not made:
        made["ann"] = leaves_traces(oauth_flow, mailbox)
        made["tables"] = {table: cloud.client("dynamodb").scan(TableName=table)["Items"] for table in TABLES}
    for table, items in made["tables"].items():
        for some in batched(items, 25, strict=False):
            puts = [{"PutRequest": {"Item": item}} for item in some]
            cloud.client("dynamodb").batch_write_item(RequestItems={table: puts})
    person: Person = made["ann"]
    return person


def leaves_traces(journeys: OAuthFlow, mailbox: Mailbox) -> Person:
    """Sign up, and do something of everything."""
    call = mailbox._call
    person = People(call).signed_in("ann")
    journeys.link(person.token)
    sign_in(call, person.email, "a wrong one")
    call("POST /api/auth/login", json={"email": person.email, "password": PASSWORD})
    call("POST /api/auth/update-user", bearer=person.token, json={"taskReminders": True})
    task = create_task(call, person, title="Water the plants")
    call("DELETE /api/tasks/{task_id}", bearer=person.token, task_id=task["id"], headers={"idempotency-key": "k"})
    store_tasks(person, 30)
    request_reset(call, mailbox, person.email)
    call("POST /api/auth/change-email", bearer=person.token, json={"newEmail": "other@example.com"})
    return person


def test_nothing_is_left_but_a_receipt(call: Api, cloud: Cloud, erasing: Erasures, ann: Person) -> None:
    assert {name for name, table in all_rows(cloud).items() if ann.id in str(table)} == {
        "UsersTable",
        "SessionsTable",
        "TokensTable",
        "TasksTable",
    }
    deletes(call, ann)
    assert erasing.deliver() == {"batchItemFailures": []}

    assert traces(cloud, ann) == []
    receipt = receipts(cloud, ann.id)[-1]
    assert (receipt["event"], receipt["actor"]) == ("user erased", "erase_user")
    assert receipt["rows"] > 35
    assert ann.id not in str(receipt)


def test_every_row_says_in_which_form_it_is_kept(call: Api, cloud: Cloud, ann: Person) -> None:
    """ADR 14: so that a later form can be told from this one."""
    deletes(call, ann)

    assert {row.get("v") for table in all_rows(cloud).values() for row in table} == {"1"}


def test_sessions_are_over_before_anything_is_erased(call: Api, ann: Person) -> None:
    deletes(call, ann)

    assert call("GET /api/tasks", bearer=ann.token).status == 401


def test_others_keep_everything(call: Api, cloud: Cloud, people: People, erasing: Erasures, ann: Person) -> None:
    bob = people.signed_in("bob")
    create_task(call, bob, title="Mine")
    before = traces(cloud, bob)
    deletes(call, ann)
    erasing.deliver()

    assert traces(cloud, bob) == before


def test_whoever_comes_to_the_address_meanwhile_keeps_theirs(
    call: Api, erasing: Erasures, mailbox: Mailbox, ann: Person, advance_clock: Callable[..., None]
) -> None:
    """Their sign-up waits under the same address."""
    deletes(call, ann)
    advance_clock(seconds=1)
    sign_up(call, ann.email)
    token = mailbox.to(ann.email)[-1].token
    erasing.deliver()

    assert verify(call, token).json["user"]["id"] != ann.id


def test_an_order_that_is_done_is_not_done_again(call: Api, cloud: Cloud, erasing: Erasures, ann: Person) -> None:
    """A second delivery, or one that comes late."""
    deletes(call, ann)
    (order,) = erasing.orders()
    erasing.deliver()
    before = (all_rows(cloud), len(receipts(cloud, ann.id)))
    erasing.deliver(order)

    assert (all_rows(cloud), len(receipts(cloud, ann.id))) == before


@pytest.mark.parametrize("operation", ["Query", "BatchWriteItem", "BatchGetItem", "DeleteItem", "PutLogEvents"])
def test_what_fails_is_asked_for_again_until_it_is_done(
    call: Api, cloud: Cloud, erasing: Erasures, ann: Person, operation: str
) -> None:
    deletes(call, ann)
    (order,) = erasing.orders()
    with failing_calls(client_error("ThrottlingException"), operation, times=2):
        answers = [erasing.deliver(order) for _ in range(3)]

    assert [bool(answer["batchItemFailures"]) for answer in answers] == [True, True, False]
    assert traces(cloud, ann) == []


def test_what_cannot_be_done_stays_as_failed_and_can_be_ordered_anew(
    call: Api, cloud: Cloud, erasing: Erasures, ann: Person
) -> None:
    deletes(call, ann)
    (order,) = erasing.orders()
    with failing_calls(UNREACHABLE, "BatchWriteItem"):
        answers = [erasing.deliver(order) for _ in range(8)]
    assert [bool(answer["batchItemFailures"]) for answer in answers] == [True] * 7 + [False]
    assert [row["erasure"]["S"] for row in erasing.orders()] == ["failed"]
    assert erasing.deliver(order) == {"batchItemFailures": []}
    assert traces(cloud, ann)

    layer("accounts.erasure_orders").ErasureRow(ann.id).update(
        [layer("accounts.erasure_orders").ErasureRow.erasure.set("pending")]
    )
    erasing.deliver()
    assert traces(cloud, ann) == []


def test_what_time_is_short_for_is_ordered_anew(
    call: Api, cloud: Cloud, erasing: Erasures, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    deletes(call, ann)
    monkeypatch.setattr(layer("erasure.flows"), "_PAGE_SIZE", 10)
    monkeypatch.setattr(layer("erasure.flows"), "_MIN_TIME_LEFT", 10**9)
    runs = 0
    while erasing.orders():
        erasing.deliver()
        runs += 1
        assert runs < 30

    assert runs > 4
    assert traces(cloud, ann) == []
    assert receipts(cloud, ann.id)[-1]["rows"] > 35


def test_requests_that_were_let_in_before_are_waited_for(
    call: Api, erasing: Erasures, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a minute, for API Gateway gives no answer more."""
    waited: list[float] = []
    monkeypatch.setattr(layer("erasure.flows"), "_LONGEST_REQUEST", timedelta(seconds=30))
    monkeypatch.setattr(layer("erasure.flows").time, "sleep", waited.append)
    deletes(call, ann)
    erasing.deliver()

    assert 25 < waited[0] <= 30


@pytest.mark.parametrize("page", [10, pytest.param(250, marks=pytest.mark.slow)])
def test_forty_pages_of_tasks_are_erased_with_trouble_on_the_way(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, cloud: Cloud, people: People, erasing: Erasures, monkeypatch: pytest.MonkeyPatch, page: int
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
    deletes(call, ann)
    (order,) = erasing.orders()
    answers = [erasing.deliver(order) for _ in range(4)]

    assert [bool(answer["batchItemFailures"]) for answer in answers] == [True, True, True, False]
    assert traces(cloud, ann) == []
