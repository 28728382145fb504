"""Faults of send_mail: no mail is lost, and one is sent twice only if SES accepted it before its row was marked."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import FunctionFailed
from tests.support.auth_calls import reset_password
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.faults import (
    THROTTLED,
    Deliver,
    FunctionKilled,
    deliver_to,
    failing_at,
    failure_alarms,
    redrive,
    triggered_alarms,
)
from tests.support.layer import layer
from tests.support.mailbox import Mailbox, record
from tests.support.people import People
from tests.support.tables import rows

ANN, BOB, CAROL = THREE = [f"{name}@example.com" for name in ("ann", "bob", "carol")]
CALLS = ["UpdateItem", "BatchGetItem", "SendEmail", "UpdateItem"]  # for one mail: claim, check, send, mark
LOST_RESPONSE = ReadTimeoutError(endpoint_url="https://aws.example")


@pytest.fixture
def deliver(call: Api) -> Deliver:
    """Deliver records until each was accepted or given up."""
    return deliver_to(call, "SendMail")


def order(email: str, **columns: Any) -> dict[str, Any]:
    """Order a password reset mail, and return the stream record of its row."""
    tokens = layer("tokens")
    row = tokens.issue_token(
        tokens.Purpose.RESET_PASSWORD,
        tokens.email_subject(email),
        email=email,
        base_url="https://api.example.com",
        lifetime=timedelta(hours=1),
    )
    for name, value in columns.items():
        setattr(row, name, value)
    row.save()
    return record(row.serialize())


@pytest.fixture
def ordered(call: Api) -> list[dict[str, Any]]:
    """Three ordered mails."""
    assert call
    return [order(email) for email in THREE]


def states(cloud: Cloud) -> dict[str, str]:
    """Return the state of each mail, by address."""
    return {row["email"]: row["mail_state"] for row in rows(cloud, "TokensTable")}


def sent(cloud: Cloud) -> list[str]:
    """Return the recipients of the sent mails, in order."""
    return [mail.to for mail in cloud.mails()]


# -- One fault, at any call ---------------------------------------------------------------


@pytest.mark.parametrize("call_number", range(len(CALLS) + 1))
@pytest.mark.parametrize(
    ("error", "answered"),
    [(FunctionKilled(), False), (THROTTLED, False), (LOST_RESPONSE, True)],
    ids=["timeout", "throttled", "response lost"],
)
def test_after_a_fault_at_any_call_a_retry_sends_every_mail(  # noqa: PLR0917 -- three fixtures and three columns
    deliver: Deliver,
    call: Api,
    ordered: list[dict[str, Any]],
    cloud: Cloud,
    call_number: int,
    error: BaseException,
    answered: bool,  # noqa: FBT001 -- a case
) -> None:
    """Once, unless SES accepted it before its row was marked."""
    at = len(CALLS) + call_number  # the calls for the second of two, and the one after them
    with failing_at(error, at=at, executed=answered) as asked, suppress(FunctionKilled, FunctionFailed):
        call.invoke("SendMail", {"Records": ordered[:2]})
    assert asked == (CALLS * 2)[: at + 1]

    deliver(ordered[:2])

    resent_at = CALLS.index("SendEmail") if answered else CALLS.index("SendEmail") + 1
    assert sent(cloud) == [ANN, BOB, BOB] if call_number == resent_at else [ANN, BOB]
    assert states(cloud) == {ANN: "sent", BOB: "sent", CAROL: "pending"}


@pytest.mark.parametrize("operation", ["BatchGetItem", "SendEmail"])
def test_the_response_names_exactly_the_failed_record(
    call: Api, ordered: list[dict[str, Any]], cloud: Cloud, operation: str
) -> None:
    """The records before it are done; it and those after it are retried."""
    with failing_at(THROTTLED, at=4 + CALLS.index(operation)):
        response = call.invoke("SendMail", {"Records": ordered})

    assert response == {"batchItemFailures": [{"itemIdentifier": ordered[1]["dynamodb"]["SequenceNumber"]}]}
    assert states(cloud) == {ANN: "sent", BOB: "sending", CAROL: "pending"}


# -- Persistent faults --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "error"),
    [("SendEmail", UNREACHABLE), ("SendEmail", client_error("AccountSuspendedException")), ("BatchGetItem", THROTTLED)],
    ids=["ses unreachable", "account suspended", "table throttled"],
)
def test_a_mail_that_cannot_be_sent_is_marked_failed_raises_an_alarm_and_is_sent_by_redrive(  # noqa: PLR0917 -- four fixtures and two columns
    deliver: Deliver,
    ordered: list[dict[str, Any]],
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    operation: str,
    error: Exception,
) -> None:
    with failing_calls(error, operation):
        deliver(ordered[:1])
    assert states(cloud)[ANN] == "failed"
    assert triggered_alarms(capsys) == {"FailedMails"}
    deliver(ordered)
    assert sent(cloud) == [BOB, CAROL]

    redrive()
    deliver(ordered)

    assert sent(cloud) == [BOB, CAROL, ANN]
    assert set(states(cloud).values()) == {"sent"}


def test_mails_stay_pending_while_the_table_refuses_writes(
    deliver: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    """The stream gives up, the rows stay; the function fails, which raises an alarm."""
    with failing_calls(THROTTLED, "UpdateItem"):
        with pytest.raises(FunctionFailed):
            call.invoke("SendMail", {"Records": ordered})
        deliver(ordered[:1])
    assert states(cloud) == dict.fromkeys(THREE, "pending")
    assert failure_alarms("SendMail") == {"BackgroundErrors"}

    advance_clock(minutes=61)
    redrive()
    deliver(ordered)

    assert sent(cloud) == THREE


def test_a_mail_that_times_out_repeatedly_is_sent_by_redrive(
    deliver: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    """More often than the stream retries."""
    for _ in range(9):
        with failing_at(FunctionKilled(), at=CALLS.index("SendEmail")), suppress(FunctionKilled):
            call.invoke("SendMail", {"Records": ordered[:1]})
    assert states(cloud)[ANN] == "sending"

    advance_clock(minutes=61)
    redrive()
    deliver(ordered)

    assert sent(cloud) == THREE


# -- Invalid rows ---------------------------------------------------------------------


@pytest.mark.parametrize("invalid", [{"language": "xx"}, {"purpose": "erasure"}], ids=str)
@pytest.mark.parametrize("position", [0, 2])
def test_a_mail_without_a_template_blocks_nobody(  # noqa: PLR0917 -- four fixtures and two columns
    deliver: Deliver,
    ordered: list[dict[str, Any]],
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    invalid: dict[str, Any],
    position: int,
) -> None:
    invalid_record = order("wrong@example.com", **invalid)
    deliver([*ordered[:position], invalid_record, *ordered[position:]])

    assert sent(cloud) == THREE
    assert states(cloud)["wrong@example.com"] == "failed"
    assert triggered_alarms(capsys) == {"FailedMails"}


def test_a_mail_is_sent_by_redrive_once_its_row_is_valid(deliver: Deliver, mailbox: Mailbox) -> None:
    invalid_record = order(ANN, language="xx")
    deliver([invalid_record])
    tokens = layer("tokens")
    tokens.TokenRow(tokens.email_subject(ANN), "reset-password").update([tokens.TokenRow.language.set("de")])

    redrive()

    assert [mail.to for mail in mailbox.all] == [ANN]


def test_an_invalid_record_blocks_nobody_and_its_row_stays_pending(
    deliver: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud
) -> None:
    del ordered[1]["dynamodb"]["NewImage"]["lifetime"]

    with pytest.raises(FunctionFailed):
        call.invoke("SendMail", {"Records": ordered[1:]})
    deliver(ordered)

    assert states(cloud) == {ANN: "sent", BOB: "pending", CAROL: "sent"}


# -- Repeated and reordered records -------------------------------------------------------


@pytest.mark.parametrize("step", [1, -1], ids=["in order", "the newer one first"])
@pytest.mark.parametrize("one_batch", [True, False])
def test_of_two_orders_for_one_row_only_the_newer_is_sent(  # noqa: PLR0917 -- five fixtures and two columns
    deliver: Deliver,
    call: Api,
    people: People,
    mailbox: Mailbox,
    cloud: Cloud,
    step: int,
    one_batch: bool,  # noqa: FBT001 -- a case
) -> None:
    """Its link works, whichever record comes first and whether they come in one batch."""
    people.verified()
    images = []
    for _ in range(2):
        call("POST /api/auth/request-password-reset", json={"email": ANN})
        images += mailbox.pending()
    deliver(images[:1])
    assert sent(cloud) == []
    records = images[::step]
    for batch in [records] if one_batch else [[one] for one in records]:
        deliver(batch)

    assert sent(cloud) == [ANN]
    assert reset_password(call, mailbox.last.token, "a better password").status == 200


def test_yesterdays_digest_is_not_sent_after_todays(deliver: Deliver, call: Api, cloud: Cloud) -> None:
    """Its row has been overwritten."""
    assert call
    yesterday, today = (order(ANN, purpose="task-digest", day=f"2030-06-0{day}") for day in (2, 3))

    deliver([today])
    deliver([yesterday, today])

    assert sent(cloud) == [ANN]


def test_a_failed_mail_is_sent_once_however_often_its_records_are_delivered(
    deliver: Deliver, ordered: list[dict[str, Any]], cloud: Cloud, mailbox: Mailbox
) -> None:
    """The late record of the first order, and that of the redrive."""
    with failing_calls(UNREACHABLE, "SendEmail"):
        deliver(ordered[:1])
    deliver(ordered[:1])
    redrive()
    (again,) = [one for one in mailbox.pending() if one["dynamodb"]["NewImage"]["email"]["S"] == ANN]

    deliver([ordered[0], again, again])

    assert sent(cloud) == [ANN]
