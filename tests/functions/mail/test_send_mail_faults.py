"""send_mail in trouble: no mail is lost, and twice comes only what SES took before anybody could note it."""

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

ANN, BOB, CEM = THREE = [f"{name}@example.com" for name in ("ann", "bob", "cem")]
CALLS = ["UpdateItem", "BatchGetItem", "SendEmail", "UpdateItem"]  # for one mail: claim, look, send, mark
LOST_ANSWER = ReadTimeoutError(endpoint_url="https://aws.example")


@pytest.fixture
def bring(call: Api) -> Deliver:
    """Deliver records until each was accepted or given up."""
    return deliver_to(call, "SendMail")


def order(email: str, **columns: Any) -> dict[str, Any]:
    """Somebody forgot their password: the stream record of the row."""
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
    """Three orders."""
    assert call
    return [order(email) for email in THREE]


def states(cloud: Cloud) -> dict[str, str]:
    """How far each mail has come, by address."""
    return {row["email"]: row["mail_state"] for row in rows(cloud, "TokensTable")}


def sent(cloud: Cloud) -> list[str]:
    """To whom mails went, in their order."""
    return [mail.to for mail in cloud.mails()]


# -- One accident, at any moment ------------------------------------------------------


@pytest.mark.parametrize("call_number", range(len(CALLS) + 1))
@pytest.mark.parametrize(
    ("error", "answered"),
    [(FunctionKilled(), False), (THROTTLED, False), (LOST_ANSWER, True)],
    ids=["out of time", "throttled", "answer lost"],
)
def test_wherever_it_happens_each_mail_arrives(  # noqa: PLR0917 -- three fixtures and three columns
    bring: Deliver,
    call: Api,
    ordered: list[dict[str, Any]],
    cloud: Cloud,
    call_number: int,
    error: BaseException,
    answered: bool,  # noqa: FBT001 -- a case
) -> None:
    """Once, unless SES took it before its row could say so: of that there is no telling."""
    at = len(CALLS) + call_number  # those for the second of two, and the one after them
    with failing_at(error, at=at, executed=answered) as asked, suppress(FunctionKilled, FunctionFailed):
        call.invoke("SendMail", {"Records": ordered[:2]})
    assert asked == (CALLS * 2)[: at + 1]

    bring(ordered[:2])

    taken = CALLS.index("SendEmail") if answered else CALLS.index("SendEmail") + 1
    assert sent(cloud) == [ANN, BOB, BOB] if call_number == taken else [ANN, BOB]
    assert states(cloud) == {ANN: "sent", BOB: "sent", CEM: "pending"}


@pytest.mark.parametrize("operation", ["BatchGetItem", "SendEmail"])
def test_the_answer_names_exactly_the_one_that_failed(
    call: Api, ordered: list[dict[str, Any]], cloud: Cloud, operation: str
) -> None:
    """Those before it are done; it and those behind it come again."""
    with failing_at(THROTTLED, at=4 + CALLS.index(operation)):
        answer = call.invoke("SendMail", {"Records": ordered})

    assert answer == {"batchItemFailures": [{"itemIdentifier": ordered[1]["dynamodb"]["SequenceNumber"]}]}
    assert states(cloud) == {ANN: "sent", BOB: "sending", CEM: "pending"}


# -- Trouble that lasts ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "error"),
    [("SendEmail", UNREACHABLE), ("SendEmail", client_error("AccountSuspendedException")), ("BatchGetItem", THROTTLED)],
    ids=["ses away", "account suspended", "table throttled"],
)
def test_what_cannot_be_sent_is_kept_told_and_sent_by_redrive(  # noqa: PLR0917 -- four fixtures and two columns
    bring: Deliver,
    ordered: list[dict[str, Any]],
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    operation: str,
    error: Exception,
) -> None:
    with failing_calls(error, operation):
        bring(ordered[:1])
    assert states(cloud)[ANN] == "failed"
    assert triggered_alarms(capsys) == {"FailedMails"}
    bring(ordered)
    assert sent(cloud) == [BOB, CEM]

    redrive()
    bring(ordered)

    assert sent(cloud) == [BOB, CEM, ANN]
    assert set(states(cloud).values()) == {"sent"}


def test_while_the_table_takes_no_write_mails_wait_on_their_rows(
    bring: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    """The stream gives up at some time, the rows do not; the function failed, which an alarm hears."""
    with failing_calls(THROTTLED, "UpdateItem"):
        with pytest.raises(FunctionFailed):
            call.invoke("SendMail", {"Records": ordered})
        bring(ordered[:1])
    assert states(cloud) == dict.fromkeys(THREE, "pending")
    assert failure_alarms("SendMail") == {"BackgroundErrors"}

    advance_clock(minutes=61)
    redrive()
    bring(ordered)

    assert sent(cloud) == THREE


def test_who_runs_out_of_time_again_and_again_is_kept_too(
    bring: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    """More often than the stream brings it."""
    for _ in range(9):
        with failing_at(FunctionKilled(), at=CALLS.index("SendEmail")), suppress(FunctionKilled):
            call.invoke("SendMail", {"Records": ordered[:1]})
    assert states(cloud)[ANN] == "sending"

    advance_clock(minutes=61)
    redrive()
    bring(ordered)

    assert sent(cloud) == THREE


# -- Poison ---------------------------------------------------------------------------


@pytest.mark.parametrize("poison", [{"language": "xx"}, {"purpose": "erasure"}], ids=str)
@pytest.mark.parametrize("place", [0, 2])
def test_a_mail_without_a_template_holds_up_nobody(  # noqa: PLR0917 -- four fixtures and two columns
    bring: Deliver,
    ordered: list[dict[str, Any]],
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    poison: dict[str, Any],
    place: int,
) -> None:
    wrong = order("wrong@example.com", **poison)
    bring([*ordered[:place], wrong, *ordered[place:]])

    assert sent(cloud) == THREE
    assert states(cloud)["wrong@example.com"] == "failed"
    assert triggered_alarms(capsys) == {"FailedMails"}


def test_it_is_sent_by_redrive_once_it_can_be_written(bring: Deliver, mailbox: Mailbox) -> None:
    wrong = order(ANN, language="xx")
    bring([wrong])
    tokens = layer("tokens")
    tokens.TokenRow(tokens.email_subject(ANN), "reset-password").update([tokens.TokenRow.language.set("de")])

    redrive()

    assert [mail.to for mail in mailbox.all] == [ANN]


def test_a_record_that_cannot_be_read_holds_up_nobody_and_its_row_stays(
    bring: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud
) -> None:
    del ordered[1]["dynamodb"]["NewImage"]["lifetime"]

    with pytest.raises(FunctionFailed):
        call.invoke("SendMail", {"Records": ordered[1:]})
    bring(ordered)

    assert states(cloud) == {ANN: "sent", BOB: "pending", CEM: "sent"}


# -- Twice, and in another order --------------------------------------------------------


@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "the newer one first"])
@pytest.mark.parametrize("together", [True, False])
def test_of_two_orders_for_one_row_only_the_newer_is_sent(  # noqa: PLR0917 -- five fixtures and two columns
    bring: Deliver,
    call: Api,
    people: People,
    mailbox: Mailbox,
    cloud: Cloud,
    turn: int,
    together: bool,  # noqa: FBT001 -- a case
) -> None:
    """Its link works, whichever record comes first and whether they come in one batch."""
    people.verified()
    images = []
    for _ in range(2):
        call("POST /api/auth/request-password-reset", json={"email": ANN})
        images += mailbox.pending()
    bring(images[:1])
    assert sent(cloud) == []
    records = images[::turn]
    for batch in [records] if together else [[one] for one in records]:
        bring(batch)

    assert sent(cloud) == [ANN]
    assert reset_password(call, mailbox.last.token, "a better password").status == 200


def test_yesterdays_digest_is_not_sent_after_todays(bring: Deliver, call: Api, cloud: Cloud) -> None:
    """It was late, and is on no row any more."""
    assert call
    yesterday, today = (order(ANN, purpose="task-digest", day=f"2030-06-0{day}") for day in (2, 3))

    bring([today])
    bring([yesterday, today])

    assert sent(cloud) == [ANN]


def test_one_that_failed_is_sent_once_however_often_its_records_come(
    bring: Deliver, ordered: list[dict[str, Any]], cloud: Cloud, mailbox: Mailbox
) -> None:
    """The one of the first order, which comes late, and that of the redrive."""
    with failing_calls(UNREACHABLE, "SendEmail"):
        bring(ordered[:1])
    bring(ordered[:1])
    redrive()
    (again,) = [one for one in mailbox.pending() if one["dynamodb"]["NewImage"]["email"]["S"] == ANN]

    bring([ordered[0], again, again])

    assert sent(cloud) == [ANN]
