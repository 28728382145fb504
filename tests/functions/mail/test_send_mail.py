"""The stream of `tokens`: each mail that was asked for arrives, whatever SES says in between."""

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import reset_password, sign_up, verify
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.faults import Deliver, deliver_to
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.tables import rows

THREE = [f"{name}@example.com" for name in ("ann", "bob", "cem")]
TROUBLE = [
    client_error("TooManyRequestsException", 429),
    client_error("InternalServerErrorException", 500),
    UNREACHABLE,
]


@pytest.fixture
def bring(call: Api) -> Deliver:
    """Deliver records until each was accepted or given up."""
    return deliver_to(call, "SendMail")


@pytest.fixture
def ordered(call: Api, mailbox: Mailbox) -> list[dict[str, Any]]:
    """The stream records of three sign-ups."""
    for email in THREE:
        sign_up(call, email)
    return sorted(mailbox.pending(), key=lambda record: str(record["dynamodb"]["SequenceNumber"]))


def states(cloud: Cloud) -> dict[str, str]:
    """How far each mail has come, by address."""
    return {row["email"]: row["mail_state"] for row in rows(cloud, "TokensTable")}


def test_every_mail_arrives_once(bring: Deliver, ordered: list[dict[str, Any]], cloud: Cloud) -> None:
    bring(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE
    assert set(states(cloud).values()) == {"sent"}


@pytest.mark.parametrize("trouble", TROUBLE, ids=["throttled", "broken", "unreachable"])
def test_every_mail_arrives_although_ses_failed_three_times(
    bring: Deliver, ordered: list[dict[str, Any]], cloud: Cloud, call: Api, trouble: Exception
) -> None:
    with failing_calls(trouble, "SendEmail", times=3):
        bring(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE
    token = Mailbox(call, cloud).to("ann@example.com")[0].token
    assert verify(call, token).status == 200


@pytest.mark.parametrize("limit", [(299, None), (301, "TOKEN_EXPIRED")])
def test_the_time_of_a_token_begins_with_the_first_attempt(
    mailbox: Mailbox,
    call: Api,
    ordered: list[dict[str, Any]],
    advance_clock: Callable[..., None],
    limit: tuple[int, str | None],
) -> None:
    """SES may have accepted that one, so a later attempt must not make its link live longer."""
    with failing_calls(UNREACHABLE, "SendEmail"):
        call.invoke("SendMail", deepcopy({"Records": ordered[:1]}))
    advance_clock(minutes=10)
    call.invoke("SendMail", deepcopy({"Records": ordered[:1]}))
    (mail,) = mailbox.to("ann@example.com")
    seconds, code = limit

    advance_clock(seconds=seconds)

    assert verify(call, mail.token).code == code


def test_after_eight_attempts_the_row_says_so_and_the_next_one_has_its_turn(
    bring: Deliver, ordered: list[dict[str, Any]], cloud: Cloud
) -> None:
    with failing_calls(client_error("MessageRejected"), "SendEmail", times=8) as attempts:
        bring(ordered)

    assert len(attempts) == 10
    assert states(cloud) == dict(zip(THREE, ["failed", "sent", "sent"], strict=True))


def test_a_mail_that_failed_can_be_sent_after_all(
    bring: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    """Redrive is touching the row: its link is worth as much as on the first day."""
    with failing_calls(client_error("MessageRejected"), "SendEmail"):
        bring(ordered[:1])
    advance_clock(hours=2)
    cloud.client("dynamodb").update_item(
        TableName="TokensTable",
        Key=ordered[0]["dynamodb"]["Keys"],
        UpdateExpression="SET mail_state = :pending",
        ExpressionAttributeValues={":pending": {"S": "pending"}},
    )

    (mail,) = Mailbox(call, cloud).to("ann@example.com")

    assert verify(call, mail.token).status == 200


@pytest.mark.parametrize(("days", "code"), [(6, None), (8, "TOKEN_EXPIRED")])
def test_a_token_whose_mail_failed_ends_with_its_row(  # noqa: PLR0917 -- four fixtures and two columns
    bring: Deliver,
    call: Api,
    ordered: list[dict[str, Any]],
    advance_clock: Callable[..., None],
    days: int,
    code: str | None,
) -> None:
    """S-49: SES may have sent it all the same, and TTL deletes late."""
    token = layer("tokens").derive_token(layer("mail").row_from_image(ordered[0]["dynamodb"]["NewImage"]))
    with failing_calls(client_error("MessageRejected"), "SendEmail"):
        bring(ordered[:1])

    advance_clock(days=days)

    assert verify(call, token).code == code


def test_a_record_of_a_row_that_is_gone_is_skipped(bring: Deliver, ordered: list[dict[str, Any]], cloud: Cloud) -> None:
    key = ordered[0]["dynamodb"]["Keys"]
    cloud.client("dynamodb").delete_item(TableName="TokensTable", Key=key)

    bring(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE[1:]
    assert THREE[0] not in states(cloud)


def test_a_mail_whose_token_was_used_meanwhile_is_not_sent(
    bring: Deliver, call: Api, people: People, mailbox: Mailbox, cloud: Cloud
) -> None:
    email = people.verified()
    call("POST /api/auth/request-password-reset", json={"email": email})
    asked = mailbox.pending()
    assert reset_password(call, mailbox.to(email)[-1].token, "a better password").status == 200
    before = len(cloud.mails())

    bring(asked)

    assert len(cloud.mails()) == before


def test_reading_a_record_leaves_it_as_it_was(call: Api, ordered: list[dict[str, Any]]) -> None:
    """Whoever delivers it locally hands in the same one again after a failure."""
    before = deepcopy(ordered)

    with failing_calls(UNREACHABLE, "SendEmail"):
        call.invoke("SendMail", {"Records": ordered})

    assert ordered == before


def test_a_record_that_comes_twice_is_mailed_once(bring: Deliver, ordered: list[dict[str, Any]], cloud: Cloud) -> None:
    bring(ordered)
    bring(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE


def test_a_crash_between_acceptance_and_mark_sends_twice_rather_than_never(
    bring: Deliver, ordered: list[dict[str, Any]], cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gatehouse.mail import flows  # noqa: PLC0415 -- the layer reads the environment when imported

    real, crashes = flows._mark, iter([True])

    def mark(*given: Any) -> None:
        if next(crashes, False):
            raise RuntimeError
        real(*given)

    monkeypatch.setattr(flows, "_mark", mark)

    bring(ordered[:1])

    assert [mail.to for mail in cloud.mails()] == THREE[:1] * 2
    assert states(cloud)["ann@example.com"] == "sent"


@pytest.mark.parametrize("trouble", TROUBLE, ids=["throttled", "broken", "unreachable"])
def test_whether_mail_can_be_sent_never_shows_in_an_answer(call: Api, mailbox: Mailbox, trouble: Exception) -> None:
    fine = sign_up(call, "ann@example.com")
    calls = call.aws_operations

    with failing_calls(trouble, "SendEmail"):
        answer = sign_up(call, "bob@example.com")
        assert mailbox.all == []

    assert (answer.status, list(answer.json)) == (fine.status, list(fine.json))
    assert set(answer.headers) == set(fine.headers)
    assert call.aws_operations != []
    assert "SendEmail" not in calls


def test_mails_go_out_no_faster_than_ses_takes_them(
    bring: Deliver, ordered: list[dict[str, Any]], settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(mail_rate="4")
    waited: list[float] = []
    still = SimpleNamespace(monotonic=lambda: 100.0, sleep=waited.append)
    monkeypatch.setattr(layer("mail.flows"), "time", still)
    monkeypatch.setattr(layer("mail.flows"), "_next_at", float("-inf"))
    bring(ordered)

    assert waited == [0, 0.25, 0.25]
