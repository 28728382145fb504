"""record_mail_feedback: an address whose mail came back for good is not written to again, and nobody is told."""

import json
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.sample_events import sample
from tests.support.tables import rows

ANN = "ann@example.com"
NOTED: dict[str, list[Any]] = {"batchItemFailures": []}
MAIL = {
    "timestamp": "2026-11-21T05:01:15.000Z",
    "source": "no-reply@example.com",
    "messageId": "0100019a1b2c3d4e-5f60718a-1111",
    "destination": [ANN],
}


def bounce(kind: str = "Permanent", *addresses: str) -> dict[str, Any]:
    """A mail that came back."""
    recipients = [{"emailAddress": address, "status": "5.1.1"} for address in addresses or (ANN,)]
    told = {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients}
    return {"eventType": "Bounce", "bounce": told, "mail": MAIL}


COMPLAINT = {
    "eventType": "Complaint",
    "complaint": {
        "complainedRecipients": [{"emailAddress": ANN}],
        "complaintFeedbackType": "abuse",
        "userAgent": "AnyCompany Feedback Loop (V0.01)",
        "timestamp": "2026-11-21T05:01:18.289Z",
    },
    "mail": MAIL,
}
DELIVERY = {"eventType": "Delivery", "delivery": {"recipients": [ANN], "smtpResponse": "250 ok"}, "mail": MAIL}
REJECT = {"eventType": "Reject", "reject": {"reason": "Bad content"}, "mail": MAIL}


def tell(call: Api, *events: Any) -> Any:
    """Hand events to the function, as the queue does."""
    records = [
        {"messageId": f"m{number}", "body": event if isinstance(event, str) else json.dumps(event)}
        for number, event in enumerate(events)
    ]
    return call.invoke("RecordMailFeedback", {"Records": records})


def marked(cloud: Cloud) -> dict[str, str]:
    """The addresses that are not written to, and why."""
    found = [row for row in rows(cloud, "TokensTable") if row["purpose"] == "undeliverable"]
    return {row["subject"].removeprefix("EMAIL#"): row["reason"] for row in found}


@pytest.mark.parametrize(
    ("event", "reason"), [(bounce(), "bounce"), (COMPLAINT, "complaint")], ids=["bounce", "complaint"]
)
def test_a_hard_bounce_and_a_complaint_mark_the_address(
    call: Api, cloud: Cloud, event: dict[str, Any], reason: str
) -> None:
    assert tell(call, event) == NOTED

    assert marked(cloud) == {ANN: reason}


@pytest.mark.parametrize(
    "event", [bounce("Transient"), bounce("Undetermined"), DELIVERY, REJECT, {"eventType": "Open"}]
)
def test_nothing_else_does(call: Api, cloud: Cloud, event: dict[str, Any]) -> None:
    assert tell(call, event) == NOTED

    assert marked(cloud) == {}


def test_the_address_is_found_however_it_is_written(call: Api, cloud: Cloud) -> None:
    tell(call, bounce("Permanent", "Ann Smith <Ann@Example.com>", "bob@example.com"))

    assert set(marked(cloud)) == {ANN, "bob@example.com"}


def test_the_first_reason_stays_however_often_and_in_which_order_they_come(call: Api, cloud: Cloud) -> None:
    for event in (bounce(), COMPLAINT, bounce(), DELIVERY):
        assert tell(call, event) == NOTED

    assert marked(cloud) == {ANN: "bounce"}


def test_the_envelope_of_sns_is_opened(call: Api, cloud: Cloud) -> None:
    tell(call, {"Type": "Notification", "MessageId": "x", "Message": json.dumps(bounce())})

    assert marked(cloud) == {ANN: "bounce"}


@pytest.mark.parametrize(
    "poison", ["", "junk", "[]", "7", '{"eventType": "Complaint", "complaint": {}}', '{"Type": "Notification"}']
)
def test_what_cannot_be_read_holds_up_nobody_and_is_kept(call: Api, cloud: Cloud, poison: str) -> None:
    """The queue brings it again, and after five times puts it where an alarm sees it."""
    assert tell(call, poison, bounce()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}

    assert marked(cloud) == {ANN: "bounce"}


def test_mails_to_a_marked_address_are_not_sent_and_the_caller_cannot_tell(
    call: Api, cloud: Cloud, people: People, mailbox: Mailbox
) -> None:
    people.verified("ann")
    before = call("POST /api/auth/request-password-reset", json={"email": ANN})
    assert len(mailbox.to(ANN)) == 1
    tell(call, bounce())

    after = call("POST /api/auth/request-password-reset", json={"email": ANN})

    assert (after.status, after.text) == (before.status, before.text)
    assert len(mailbox.to(ANN)) == 1
    assert [row["mail_state"] for row in rows(cloud, "TokensTable") if "mail_state" in row] == ["suppressed"]


def test_a_stranger_who_signs_up_with_a_marked_address_cannot_tell_either(call: Api, mailbox: Mailbox) -> None:
    tell(call, bounce())
    answer = sign_up(call, ANN)
    other = sign_up(call, "bob@example.com")

    assert (answer.status, set(answer.json)) == (other.status, set(other.json))
    assert [mail.to for mail in mailbox.all] == ["bob@example.com"]


def test_other_addresses_are_written_to(call: Api, people: People, mailbox: Mailbox) -> None:
    people.verified("bob")
    tell(call, bounce())

    assert request_reset(call, mailbox, "bob@example.com")


def test_the_sample_is_a_bounce_as_ses_sends_it(call: Api, cloud: Cloud) -> None:
    call.invoke("RecordMailFeedback", sample("mail/record_mail_feedback"))

    assert marked(cloud) == {ANN: "bounce"}
