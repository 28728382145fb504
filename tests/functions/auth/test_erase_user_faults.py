"""Faults of erase_user: every order is completed or reported, and no other user loses data."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from tests.functions.auth.test_erase_user import audit_entries, delete_account, traces
from tests.support.auth_calls import request_reset, reset_password
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api
from tests.support.erasures import Erasures
from tests.support.faults import (
    THROTTLED,
    Deliver,
    FunctionKilled,
    deliver_to,
    failing_at,
    failure_alarms,
    redrive,
    triggered_alarms,
    unprocessed_batches,
)
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox, record
from tests.support.people import People, Person
from tests.support.tables import all_rows
from tests.support.tasks import create_task

ANN = "ann@example.com"
UNCERTAIN_READS = ["no answer", "half an answer", "no sense"]


pytestmark = pytest.mark.usefixtures("erasures")


@pytest.fixture
def deliver(call: Api) -> Deliver:
    """Deliver records until each was accepted or given up."""
    return deliver_to(call, "EraseUser")


def leave_rows(user_id: str) -> dict[str, Any]:
    """Write a row of each kind that a deleted user leaves, and return the order's stream record."""
    tokens, sessions, tasks = layer("tokens"), layer("sessions.table"), layer("tasks.table")
    mail: dict[str, Any] = {"email": ANN, "base_url": "https://x.example", "lifetime": timedelta(hours=1)}
    with tokens.TokenRow.batch_write() as batch:
        batch.save(tokens.issue_token(tokens.Purpose.PASSWORD_CHANGED, user_id, **mail))
        batch.save(tokens.issue_token(tokens.Purpose.RESET_PASSWORD, tokens.email_subject(ANN), **mail))
        now = layer("clock").now()
        order = layer("accounts.erasure_orders").ErasureRow(user_id, erasure="pending", email=ANN, created_at=now)
        batch.save(order)
    session = {"secret_hash": b"", "epoch": 1, "created_at": now, "updated_at": now, "expires_at": now}
    sessions.SessionRow(user_id, "s" * 22, **session).save()
    tasks.SummaryRow(user_id, last_change=1).save()
    return record(order.serialize())


def remaining_rows(cloud: Cloud, user_id: str) -> list[Any]:
    """Return the rows of the deleted user."""
    return [row for table in all_rows(cloud).values() for row in table if user_id in str(row) or ANN in str(row)]


def order_states(erasures: Erasures) -> list[str]:
    """Return the states of the orders."""
    return [row["erasure"]["S"] for row in erasures.orders()]


# -- One fault, at any call ---------------------------------------------------------------


def test_after_a_timeout_at_any_call_a_retry_erases_everything(deliver: Deliver, call: Api, cloud: Cloud) -> None:
    """At each call of the run in turn, until there is none left. There may be two audit entries, never none."""
    for at in count():
        cloud.reset()
        user_id = f"u-{at}"
        order = leave_rows(user_id)
        with failing_at(FunctionKilled(), at=at) as asked, suppress(FunctionKilled):
            call.invoke("EraseUser", {"Records": [order]})
        deliver([order])

        assert remaining_rows(cloud, user_id) == [], at
        removing_the_order = asked[at - 1 :] == ["PutLogEvents", "BatchWriteItem"]
        assert len(audit_entries(cloud, user_id)) == (2 if removing_the_order else 1), at
        if len(asked) <= at:
            break
    assert at == 14  # calls that a run makes


# -- Persistent faults --------------------------------------------------------------------


def test_a_failed_order_raises_an_alarm_and_is_completed_by_redrive(
    deliver: Deliver, cloud: Cloud, erasures: Erasures, capsys: pytest.CaptureFixture[str]
) -> None:
    order = leave_rows("u-1")
    with failing_calls(UNREACHABLE, "PutLogEvents"):
        deliver([order])
    assert order_states(erasures) == ["failed"]
    assert triggered_alarms(capsys) == {"FailedErasures"}

    redrive()
    deliver([order])

    assert remaining_rows(cloud, "u-1") == []


def test_an_order_stays_pending_while_the_table_refuses_writes(
    deliver: Deliver, call: Api, cloud: Cloud, erasures: Erasures, advance_clock: Callable[..., None]
) -> None:
    """The stream gives up, the row stays; the function fails, which triggers an alarm."""
    order = leave_rows("u-1")
    with failing_calls(THROTTLED, "UpdateItem"):
        with pytest.raises(FunctionFailed):
            call.invoke("EraseUser", {"Records": [order]})
        deliver([order])
    assert order_states(erasures) == ["pending"]
    assert failure_alarms("EraseUser") == {"BackgroundErrors"}

    advance_clock(minutes=61)
    redrive()
    deliver([order])

    assert remaining_rows(cloud, "u-1") == []


def test_an_order_that_times_out_repeatedly_is_completed_by_redrive(
    deliver: Deliver, call: Api, cloud: Cloud, erasures: Erasures, advance_clock: Callable[..., None]
) -> None:
    """More often than the stream retries."""
    order = leave_rows("u-1")
    for _ in range(9):
        with failing_at(FunctionKilled(), at=3), suppress(FunctionKilled):
            call.invoke("EraseUser", {"Records": [order]})
    assert order_states(erasures) == ["running"]

    advance_clock(minutes=61)
    redrive()
    deliver([order])

    assert remaining_rows(cloud, "u-1") == []


def test_an_invalid_order_is_marked_failed_and_raises_an_alarm(
    deliver: Deliver, cloud: Cloud, erasures: Erasures, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the address, the user's other rows cannot be found."""
    order = leave_rows("u-1")
    key = order["dynamodb"]["Keys"]
    cloud.client("dynamodb").update_item(TableName="TokensTable", Key=key, UpdateExpression="REMOVE email")

    deliver([order])

    assert order_states(erasures) == ["failed"]
    assert triggered_alarms(capsys) == {"FailedErasures"}


def test_a_run_whose_order_was_completed_concurrently_succeeds(
    call: Api, cloud: Cloud, erasures: Erasures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second delivery during a run is no failure of the function."""
    order = leave_rows("u-1")
    monkeypatch.setattr(layer("erasure.flows"), "_MIN_TIME_LEFT", 10**9)  # it stops after its first step
    interleave(
        monkeypatch,
        "erasure.flows",
        "_mark",
        lambda: cloud.client("dynamodb").delete_item(TableName="TokensTable", Key=order["dynamodb"]["Keys"]),
    )

    assert call.invoke("EraseUser", {"Records": [order]}) == {"batchItemFailures": []}
    assert erasures.orders() == []


# -- Existing users -------------------------------------------------------------------


def test_an_order_for_an_existing_user_is_reported_and_never_executed(
    deliver: Deliver, cloud: Cloud, erasures: Erasures, ann: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after redrive either."""
    before = traces(cloud, ann)
    order = layer("accounts.erasure_orders").ErasureRow(
        ann.id, erasure="pending", email=ANN, created_at=layer("clock").now()
    )
    order.save()
    for _ in range(2):
        capsys.readouterr()
        deliver([record(order.serialize())])
        assert [row for row in traces(cloud, ann) if row.get("purpose") != "erasure"] == before
        assert order_states(erasures) == ["failed"]
        assert triggered_alarms(capsys) == {"FailedErasures"}
        redrive()


@pytest.fixture
def new_user(call: Api, people: People, mailbox: Mailbox, advance_clock: Callable[..., None]) -> Callable[[], Person]:
    """Sign up a new user of the same address, with rows in all tables and a pending mail."""

    def sign_up_again() -> Person:
        advance_clock(seconds=1)
        new = people.signed_in("ann")
        create_task(call, new, title="Mine")
        call("POST /api/auth/update-user", bearer=new.token, json={"taskReminders": True})
        call("POST /api/auth/request-password-reset", json={"email": new.email})
        assert mailbox.pending()
        return new

    return sign_up_again


def test_a_later_user_of_the_address_loses_nothing_by_the_old_order(
    call: Api, cloud: Cloud, erasures: Erasures, ann: Person, new_user: Callable[[], Person]
) -> None:
    """Late, twice, and after redrive."""
    delete_account(call, ann)
    (order,) = erasures.orders()
    new = new_user()
    before = [row for row in traces(cloud, new) if row.get("subject") != ann.id]

    erasures.deliver(order, order)
    assert traces(cloud, new) == before
    cloud.client("dynamodb").put_item(TableName="TokensTable", Item=order | {"erasure": {"S": "failed"}})
    redrive()
    erasures.deliver()

    assert traces(cloud, new) == before
    assert erasures.orders() == []
    assert call("GET /api/tasks", bearer=new.token).json["tasks"][0]["title"] == "Mine"


@pytest.mark.parametrize("step", [1, -1], ids=["in order", "the newer one first"])
def test_two_deleted_users_of_one_address_are_erased_in_any_order(  # noqa: PLR0917 -- five fixtures
    call: Api, cloud: Cloud, erasures: Erasures, people: People, new_user: Callable[[], Person], step: int
) -> None:
    first = people.signed_in("ann")
    delete_account(call, first)
    second = new_user()
    delete_account(call, second)
    orders = sorted(erasures.orders(), key=lambda row: int(row["created_at"]["N"]))

    erasures.deliver(*orders[::step])

    assert remaining_rows(cloud, first.id) == remaining_rows(cloud, second.id) == []


def test_a_link_mailed_to_a_later_user_of_the_address_stays_valid(
    call: Api, erasures: Erasures, people: People, mailbox: Mailbox, advance_clock: Callable[..., None]
) -> None:
    ann = people.signed_in("ann")
    delete_account(call, ann)
    advance_clock(seconds=1)
    token = request_reset(call, mailbox, people.verified("ann"))

    erasures.deliver()

    assert reset_password(call, token, "a better password").status == 200


@pytest.mark.parametrize(
    "read_fault",
    [failing_calls(UNREACHABLE, "BatchGetItem"), unprocessed_batches(), nullcontext()],
    ids=UNCERTAIN_READS,
)
def test_nothing_is_erased_unless_the_deletion_is_certain(
    cloud: Cloud,
    erasures: Erasures,
    ann: Person,
    monkeypatch: pytest.MonkeyPatch,
    read_fault: AbstractContextManager[Any],
) -> None:
    """A profile that could not be read, or is invalid, is not a missing profile."""
    profile = layer("dynamodb").batch_get(layer("accounts").profile_key(ann.id))[0]
    layer("accounts.erasure_orders").new_erasure_order(profile).save()
    cloud.client("dynamodb").update_item(
        TableName="UsersTable",
        Key={"pk": {"S": f"USER#{ann.id}"}, "sk": {"S": "PROFILE"}},
        UpdateExpression="SET links = :none",
        ExpressionAttributeValues={":none": {"S": "none"}},
    )
    before = [row for row in traces(cloud, ann) if row.get("purpose") != "erasure"]
    monkeypatch.setattr(layer("retries").time, "sleep", lambda _: None)

    with read_fault:
        response = erasures.deliver()

    assert len(response["batchItemFailures"]) == 1
    assert [row for row in traces(cloud, ann) if row.get("purpose") != "erasure"] == before
