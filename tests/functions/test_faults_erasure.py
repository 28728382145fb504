"""erase_user in trouble: nothing of a deleted user stays behind unheard of, and nobody who is there loses anything."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from tests.functions.auth.test_erase_user import deletes, receipts, traces
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
DOUBTS = ["no answer", "half an answer", "no sense"]


@pytest.fixture(autouse=True)
def _at_once(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request is under way that could still write."""
    assert call
    monkeypatch.setattr(layer("erasure.flows"), "_LONGEST_REQUEST", timedelta(0))


@pytest.fixture
def erasing(call: Api, cloud: Cloud) -> Erasures:
    """The stream of orders."""
    return Erasures(call, cloud)


@pytest.fixture
def bring(call: Api) -> Deliver:
    """Deliver records until each was accepted or given up."""
    return deliver_to(call, "EraseUser")


def leave_behind(user_id: str) -> dict[str, Any]:
    """What is in the tables once somebody was deleted: a row of each kind, and the order, whose record this is."""
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


def left_over(cloud: Cloud, user_id: str) -> list[Any]:
    """Rows that have to do with somebody who left."""
    return [row for table in all_rows(cloud).values() for row in table if user_id in str(row) or ANN in str(row)]


def order_state(erasing: Erasures) -> list[str]:
    """How far orders have come."""
    return [row["erasure"]["S"] for row in erasing.orders()]


# -- One accident, at any moment ------------------------------------------------------


def test_wherever_it_runs_out_of_time_nothing_is_left(bring: Deliver, call: Api, cloud: Cloud) -> None:
    """At each call of the run in turn, until there is none left. There may be two receipts, never none."""
    for at in count():
        cloud.reset()
        user_id = f"u-{at}"
        order = leave_behind(user_id)
        with failing_at(FunctionKilled(), at=at) as asked, suppress(FunctionKilled):
            call.invoke("EraseUser", {"Records": [order]})
        bring([order])

        assert left_over(cloud, user_id) == [], at
        removing_the_order = asked[at - 1 :] == ["PutLogEvents", "BatchWriteItem"]
        assert len(receipts(cloud, user_id)) == (2 if removing_the_order else 1), at
        if len(asked) <= at:
            break
    assert at == 14  # calls that a run makes


# -- Trouble that lasts ---------------------------------------------------------------


def test_what_cannot_be_erased_is_kept_told_and_erased_by_redrive(
    bring: Deliver, cloud: Cloud, erasing: Erasures, capsys: pytest.CaptureFixture[str]
) -> None:
    order = leave_behind("u-1")
    with failing_calls(UNREACHABLE, "PutLogEvents"):
        bring([order])
    assert order_state(erasing) == ["failed"]
    assert triggered_alarms(capsys) == {"FailedErasures"}

    redrive()
    bring([order])

    assert left_over(cloud, "u-1") == []


def test_while_the_table_takes_no_write_the_order_waits(
    bring: Deliver, call: Api, cloud: Cloud, erasing: Erasures, advance_clock: Callable[..., None]
) -> None:
    """The stream gives up at some time, the row does not; the function failed, which an alarm hears."""
    order = leave_behind("u-1")
    with failing_calls(THROTTLED, "UpdateItem"):
        with pytest.raises(FunctionFailed):
            call.invoke("EraseUser", {"Records": [order]})
        bring([order])
    assert order_state(erasing) == ["pending"]
    assert failure_alarms("EraseUser") == {"BackgroundErrors"}

    advance_clock(minutes=61)
    redrive()
    bring([order])

    assert left_over(cloud, "u-1") == []


def test_what_runs_out_of_time_again_and_again_is_kept_too(
    bring: Deliver, call: Api, cloud: Cloud, erasing: Erasures, advance_clock: Callable[..., None]
) -> None:
    """More often than the stream brings it."""
    order = leave_behind("u-1")
    for _ in range(9):
        with failing_at(FunctionKilled(), at=3), suppress(FunctionKilled):
            call.invoke("EraseUser", {"Records": [order]})
    assert order_state(erasing) == ["running"]

    advance_clock(minutes=61)
    redrive()
    bring([order])

    assert left_over(cloud, "u-1") == []


def test_an_order_that_cannot_be_read_is_kept_and_told(
    bring: Deliver, cloud: Cloud, erasing: Erasures, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the address nobody can tell what else was theirs."""
    order = leave_behind("u-1")
    key = order["dynamodb"]["Keys"]
    cloud.client("dynamodb").update_item(TableName="TokensTable", Key=key, UpdateExpression="REMOVE email")

    bring([order])

    assert order_state(erasing) == ["failed"]
    assert triggered_alarms(capsys) == {"FailedErasures"}


def test_a_run_that_another_overtook_has_nothing_left_to_note(
    call: Api, cloud: Cloud, erasing: Erasures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Brought a second time while it was still at it: that is no failure of the function."""
    order = leave_behind("u-1")
    monkeypatch.setattr(layer("erasure.flows"), "_MIN_TIME_LEFT", 10**9)  # it stops after its first step
    interleave(
        monkeypatch,
        "erasure.flows",
        "_mark",
        lambda: cloud.client("dynamodb").delete_item(TableName="TokensTable", Key=order["dynamodb"]["Keys"]),
    )

    assert call.invoke("EraseUser", {"Records": [order]}) == {"batchItemFailures": []}
    assert erasing.orders() == []


# -- Somebody who is there ------------------------------------------------------------


def test_an_order_for_somebody_who_is_there_is_told_and_never_done(
    bring: Deliver, cloud: Cloud, erasing: Erasures, ann: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor by redrive."""
    before = traces(cloud, ann)
    order = layer("accounts.erasure_orders").ErasureRow(
        ann.id, erasure="pending", email=ANN, created_at=layer("clock").now()
    )
    order.save()
    for _ in range(2):
        capsys.readouterr()
        bring([record(order.serialize())])
        assert [row for row in traces(cloud, ann) if row.get("purpose") != "erasure"] == before
        assert order_state(erasing) == ["failed"]
        assert triggered_alarms(capsys) == {"FailedErasures"}
        redrive()


@pytest.fixture
def comes_back(call: Api, people: People, mailbox: Mailbox, advance_clock: Callable[..., None]) -> Callable[[], Person]:
    """Somebody new comes to the address, and uses the service; a mail to them is on its way."""

    def come() -> Person:
        advance_clock(seconds=1)
        new = people.signed_in("ann")
        create_task(call, new, title="Mine")
        call("POST /api/auth/update-user", bearer=new.token, json={"taskReminders": True})
        call("POST /api/auth/request-password-reset", json={"email": new.email})
        assert mailbox.pending()
        return new

    return come


def test_whoever_comes_to_the_address_keeps_all_whenever_the_old_order_comes(
    call: Api, cloud: Cloud, erasing: Erasures, ann: Person, comes_back: Callable[[], Person]
) -> None:
    """Late, twice, and when it is redriven."""
    deletes(call, ann)
    (order,) = erasing.orders()
    new = comes_back()
    before = [row for row in traces(cloud, new) if row.get("subject") != ann.id]

    erasing.deliver(order, order)
    assert traces(cloud, new) == before
    cloud.client("dynamodb").put_item(TableName="TokensTable", Item=order | {"erasure": {"S": "failed"}})
    redrive()
    erasing.deliver()

    assert traces(cloud, new) == before
    assert erasing.orders() == []
    assert call("GET /api/tasks", bearer=new.token).json["tasks"][0]["title"] == "Mine"


@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "the newer one first"])
def test_of_two_who_left_one_address_nothing_stays_in_whatever_order_they_are_erased(  # noqa: PLR0917 -- five fixtures
    call: Api, cloud: Cloud, erasing: Erasures, people: People, comes_back: Callable[[], Person], turn: int
) -> None:
    first = people.signed_in("ann")
    deletes(call, first)
    second = comes_back()
    deletes(call, second)
    orders = sorted(erasing.orders(), key=lambda row: int(row["created_at"]["N"]))

    erasing.deliver(*orders[::turn])

    assert left_over(cloud, first.id) == left_over(cloud, second.id) == []


def test_a_link_that_was_mailed_to_the_new_one_still_works(
    call: Api, erasing: Erasures, people: People, mailbox: Mailbox, advance_clock: Callable[..., None]
) -> None:
    ann = people.signed_in("ann")
    deletes(call, ann)
    advance_clock(seconds=1)
    token = request_reset(call, mailbox, people.verified("ann"))

    erasing.deliver()

    assert reset_password(call, token, "a better password").status == 200


@pytest.mark.parametrize(
    "doubt", [failing_calls(UNREACHABLE, "BatchGetItem"), unprocessed_batches(), nullcontext()], ids=DOUBTS
)
def test_where_it_is_not_certain_that_somebody_is_gone_nothing_is_erased(
    cloud: Cloud, erasing: Erasures, ann: Person, monkeypatch: pytest.MonkeyPatch, doubt: AbstractContextManager[Any]
) -> None:
    """A profile that was not read, or makes no sense, is none that is not there."""
    profile = layer("dynamodb").batch_get(layer("accounts").profile_key(ann.id))[0]
    layer("accounts.erasure_orders").new_erasure_order(profile).save()
    cloud.client("dynamodb").update_item(
        TableName="UsersTable",
        Key={"pk": {"S": f"USER#{ann.id}"}, "sk": {"S": "PROFILE"}},
        UpdateExpression="SET links = :none",
        ExpressionAttributeValues={":none": {"S": "none"}},
    )
    before = [row for row in traces(cloud, ann) if row.get("purpose") != "erasure"]
    monkeypatch.setattr(layer("dynamodb").time, "sleep", lambda _: None)

    with doubt:
        answer = erasing.deliver()

    assert len(answer["batchItemFailures"]) == 1
    assert [row for row in traces(cloud, ann) if row.get("purpose") != "erasure"] == before
