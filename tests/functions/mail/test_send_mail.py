"""send_mail, on the stream of `tokens`: every ordered mail is sent, whatever SES responds meanwhile."""

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

THREE = [f"{name}@example.com" for name in ("ann", "bob", "carol")]
FAULTS = [
    client_error("TooManyRequestsException", 429),
    client_error("InternalServerErrorException", 500),
    UNREACHABLE,
]


@pytest.fixture
def deliver(call: Api) -> Deliver:
    """Deliver records until each was accepted or given up."""
    return deliver_to(call, "SendMail")


@pytest.fixture
def ordered(call: Api, mailbox: Mailbox) -> list[dict[str, Any]]:
    """The stream records of three sign-ups."""
    for email in THREE:
        sign_up(call, email)
    return sorted(mailbox.pending(), key=lambda record: str(record["dynamodb"]["SequenceNumber"]))


def states(cloud: Cloud) -> dict[str, str]:
    """Return the state of each mail, by address."""
    return {row["email"]: row["mail_state"] for row in rows(cloud, "TokensTable")}


def test_every_mail_is_sent_once(deliver: Deliver, ordered: list[dict[str, Any]], cloud: Cloud) -> None:
    deliver(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE
    assert set(states(cloud).values()) == {"sent"}


@pytest.mark.parametrize("fault", FAULTS, ids=["throttled", "internal error", "unreachable"])
def test_every_mail_is_sent_although_ses_failed_three_times(
    deliver: Deliver, ordered: list[dict[str, Any]], cloud: Cloud, call: Api, fault: Exception
) -> None:
    with failing_calls(fault, "SendEmail", times=3):
        deliver(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE
    token = Mailbox(call, cloud).to("ann@example.com")[0].token
    assert verify(call, token).status == 200


@pytest.mark.parametrize("limit", [(299, None), (301, "TOKEN_EXPIRED")])
def test_a_tokens_lifetime_begins_with_the_first_attempt(
    mailbox: Mailbox,
    call: Api,
    ordered: list[dict[str, Any]],
    advance_clock: Callable[..., None],
    limit: tuple[int, str | None],
) -> None:
    """SES may have accepted that one; a later attempt must not extend the lifetime."""
    with failing_calls(UNREACHABLE, "SendEmail"):
        call.invoke("SendMail", deepcopy({"Records": ordered[:1]}))
    advance_clock(minutes=10)
    call.invoke("SendMail", deepcopy({"Records": ordered[:1]}))
    (mail,) = mailbox.to("ann@example.com")
    seconds, code = limit

    advance_clock(seconds=seconds)

    assert verify(call, mail.token).code == code


def test_after_eight_attempts_a_mail_is_marked_failed_and_the_next_is_sent(
    deliver: Deliver, ordered: list[dict[str, Any]], cloud: Cloud
) -> None:
    with failing_calls(client_error("MessageRejected"), "SendEmail", times=8) as attempts:
        deliver(ordered)

    assert len(attempts) == 10
    assert states(cloud) == dict(zip(THREE, ["failed", "sent", "sent"], strict=True))


def test_a_failed_mail_can_be_redriven(
    deliver: Deliver, call: Api, ordered: list[dict[str, Any]], cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    """Redrive updates the row; the link has its full lifetime."""
    with failing_calls(client_error("MessageRejected"), "SendEmail"):
        deliver(ordered[:1])
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
def test_the_token_of_a_failed_mail_expires_with_its_row(  # noqa: PLR0917 -- four fixtures and two columns
    deliver: Deliver,
    call: Api,
    ordered: list[dict[str, Any]],
    advance_clock: Callable[..., None],
    days: int,
    code: str | None,
) -> None:
    """S-49: SES may have sent it all the same, and TTL deletes late."""
    token = layer("tokens").derive_token(layer("mail").row_from_image(ordered[0]["dynamodb"]["NewImage"]))
    with failing_calls(client_error("MessageRejected"), "SendEmail"):
        deliver(ordered[:1])

    advance_clock(days=days)

    assert verify(call, token).code == code


def test_a_record_of_a_deleted_row_is_skipped(deliver: Deliver, ordered: list[dict[str, Any]], cloud: Cloud) -> None:
    key = ordered[0]["dynamodb"]["Keys"]
    cloud.client("dynamodb").delete_item(TableName="TokensTable", Key=key)

    deliver(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE[1:]
    assert THREE[0] not in states(cloud)


def test_a_mail_whose_token_has_been_used_is_not_sent(
    deliver: Deliver, call: Api, people: People, mailbox: Mailbox, cloud: Cloud
) -> None:
    email = people.verified()
    call("POST /api/auth/request-password-reset", json={"email": email})
    records = mailbox.pending()
    assert reset_password(call, mailbox.to(email)[-1].token, "a better password").status == 200
    before = len(cloud.mails())

    deliver(records)

    assert len(cloud.mails()) == before


def test_a_record_is_not_modified(call: Api, ordered: list[dict[str, Any]]) -> None:
    """The local delivery passes the same object again after a failure."""
    before = deepcopy(ordered)

    with failing_calls(UNREACHABLE, "SendEmail"):
        call.invoke("SendMail", {"Records": ordered})

    assert ordered == before


def test_a_repeated_record_is_mailed_once(deliver: Deliver, ordered: list[dict[str, Any]], cloud: Cloud) -> None:
    deliver(ordered)
    deliver(ordered)

    assert [mail.to for mail in cloud.mails()] == THREE


def test_a_crash_between_sending_and_marking_sends_twice_rather_than_never(
    deliver: Deliver, ordered: list[dict[str, Any]], cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gatehouse.mail import flows  # noqa: PLC0415 -- the layer reads the environment when imported

    real, crashes = flows._mark, iter([True])

    def mark(*given: Any) -> None:
        if next(crashes, False):
            raise RuntimeError
        real(*given)

    monkeypatch.setattr(flows, "_mark", mark)

    deliver(ordered[:1])

    assert [mail.to for mail in cloud.mails()] == THREE[:1] * 2
    assert states(cloud)["ann@example.com"] == "sent"


@pytest.mark.parametrize("fault", FAULTS, ids=["throttled", "internal error", "unreachable"])
def test_a_fault_of_ses_does_not_show_in_a_response(call: Api, mailbox: Mailbox, fault: Exception) -> None:
    usual = sign_up(call, "ann@example.com")
    calls = call.aws_operations

    with failing_calls(fault, "SendEmail"):
        response = sign_up(call, "bob@example.com")
        assert mailbox.all == []

    assert (response.status, list(response.json)) == (usual.status, list(usual.json))
    assert set(response.headers) == set(usual.headers)
    assert call.aws_operations != []
    assert "SendEmail" not in calls


def test_mails_are_sent_at_the_configured_rate(
    deliver: Deliver, ordered: list[dict[str, Any]], settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(mail_rate="4")
    waited: list[float] = []
    still = SimpleNamespace(monotonic=lambda: 100.0, sleep=waited.append)
    monkeypatch.setattr(layer("mail.flows"), "time", still)
    monkeypatch.setattr(layer("mail.flows"), "_next_at", float("-inf"))
    deliver(ordered)

    assert waited == [0, 0.25, 0.25]
