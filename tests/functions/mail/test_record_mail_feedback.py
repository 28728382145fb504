"""record_mail_feedback: an address that bounced permanently is not mailed again, and callers cannot tell.

A complaint about a digest ends digests. No complaint stops security mail: else somebody who requests resets for a
victim until they complain would lock them out.
"""

import json
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, sign_up
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.sample_events import sample
from tests.support.tables import rows
from tests.support.transformed import source

ANN = "ann@example.com"
ALL_RECORDED: dict[str, list[Any]] = {"batchItemFailures": []}
MAIL = {
    "timestamp": "2026-11-21T05:01:15.000Z",
    "source": "no-reply@example.com",
    "messageId": "0100019a1b2c3d4e-5f60718a-1111",
    "destination": [ANN],
}


def bounce(kind: str = "Permanent", *addresses: str) -> dict[str, Any]:
    """Return a bounce event."""
    recipients = [{"emailAddress": address, "status": "5.1.1"} for address in addresses or (ANN,)]
    details = {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients}
    return {"eventType": "Bounce", "bounce": details, "mail": MAIL}


COMPLAINT: dict[str, Any] = {
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


def send_events(call: Api, *events: Any) -> Any:
    """Send events to the function, as the queue does."""
    records = [
        {"messageId": f"m{number}", "body": event if isinstance(event, str) else json.dumps(event)}
        for number, event in enumerate(events)
    ]
    return call.invoke("RecordMailFeedback", {"Records": records})


def undeliverable(cloud: Cloud) -> dict[str, str]:
    """Return the addresses that are not mailed, with the reason."""
    found = [row for row in rows(cloud, "TokensTable") if row["purpose"] == "undeliverable"]
    return {row["subject"].removeprefix("EMAIL#"): row["reason"] for row in found}


def complaint(purpose: str | None = "task-digest", **details: Any) -> dict[str, Any]:
    """Return a complaint about a mail; mails of older code have no purpose in their tags."""
    tags = {"ses:operation": ["SendEmail"]} | ({"purpose": [purpose]} if purpose else {})
    return COMPLAINT | {"complaint": COMPLAINT["complaint"] | details, "mail": MAIL | {"tags": tags}}


NOT_SPAM = {"complaintFeedbackType": "not-spam"}
SUPPRESSED = {"complaintSubType": "OnAccountSuppressionList"}  # SES did not send it: nobody complained about it
NO_COMPLAINTS = [complaint(**NOT_SPAM), complaint(**SUPPRESSED), complaint("reset-password")]


def test_a_permanent_bounce_marks_the_address(call: Api, cloud: Cloud) -> None:
    assert send_events(call, bounce()) == ALL_RECORDED

    assert undeliverable(cloud) == {ANN: "bounce"}


def not_sent() -> dict[str, Any]:
    """Return the bounce of a mail that SES did not send, perhaps after a complaint: it says nothing of the mailbox."""
    event = bounce()
    return event | {"bounce": event["bounce"] | {"bounceSubType": "OnAccountSuppressionList"}}


@pytest.mark.parametrize(
    "event",
    [
        *(bounce("Transient"), bounce("Undetermined"), not_sent(), DELIVERY, REJECT, {"eventType": "Open"}),
        *(COMPLAINT, complaint(), *NO_COMPLAINTS),
    ],
)
def test_other_events_do_not_mark_it(call: Api, cloud: Cloud, event: dict[str, Any]) -> None:
    assert send_events(call, event) == ALL_RECORDED

    assert undeliverable(cloud) == {}


def test_the_address_is_normalized(call: Api, cloud: Cloud) -> None:
    send_events(call, bounce("Permanent", "Ann Smith <Ann@Example.com>", "bob@example.com"))

    assert set(undeliverable(cloud)) == {ANN, "bob@example.com"}


def test_the_first_reason_is_kept(call: Api, cloud: Cloud) -> None:
    for event in (bounce(), complaint(), bounce(), DELIVERY):
        assert send_events(call, event) == ALL_RECORDED

    assert undeliverable(cloud) == {ANN: "bounce"}


def test_the_envelope_of_sns_is_unwrapped(call: Api, cloud: Cloud) -> None:
    send_events(call, {"Type": "Notification", "MessageId": "x", "Message": json.dumps(bounce())})

    assert undeliverable(cloud) == {ANN: "bounce"}


@pytest.mark.parametrize(
    "invalid", ["", "junk", "[]", "7", '{"eventType": "Complaint", "complaint": {}}', '{"Type": "Notification"}']
)
def test_an_invalid_message_is_reported_as_failed_and_does_not_block_others(
    call: Api, cloud: Cloud, invalid: str
) -> None:
    """The queue retries it, and moves it to the dead-letter queue after five attempts."""
    assert send_events(call, invalid, bounce()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}

    assert undeliverable(cloud) == {ANN: "bounce"}


@pytest.fixture
def reminded(call: Api, people: People) -> Person:
    """A user with reminders."""
    ann = people.signed_in("ann")
    body = {"taskReminders": True, "timeZone": "Europe/Berlin"}
    assert call("POST /api/auth/update-user", bearer=ann.token, json=body).status == 200
    return ann


def wants_reminders(call: Api, cloud: Cloud, person: Person) -> bool:
    """Whether the user wants reminders: the setting, and the row that the reminder run reads."""
    setting = bool(call("GET /api/auth/me", bearer=person.token).json["user"].get("taskReminders"))
    listed = any(row["pk"].startswith("REMINDERS#") and "user_id" in row for row in rows(cloud, "UsersTable"))
    assert setting is listed
    return setting


@pytest.mark.parametrize("event", [complaint(), complaint(complaintFeedbackType="abuse"), COMPLAINT, complaint(None)])
def test_a_complaint_about_a_digest_ends_digests_but_no_reset(
    call: Api, cloud: Cloud, mailbox: Mailbox, reminded: Person, event: dict[str, Any]
) -> None:
    """The user sees it in the settings, and can turn reminders on again."""
    for _ in range(2):
        assert send_events(call, event) == ALL_RECORDED
        assert not wants_reminders(call, cloud, reminded)

    assert request_reset(call, mailbox, reminded.email)
    call("POST /api/auth/update-user", bearer=reminded.token, json={"taskReminders": True})
    assert wants_reminders(call, cloud, reminded)


@pytest.mark.parametrize("event", NO_COMPLAINTS)
def test_what_is_no_complaint_about_digests_ends_none(
    call: Api, cloud: Cloud, mailbox: Mailbox, reminded: Person, event: dict[str, Any]
) -> None:
    assert send_events(call, event) == ALL_RECORDED

    assert wants_reminders(call, cloud, reminded)
    assert request_reset(call, mailbox, reminded.email)


def test_a_complaint_of_an_unknown_address_is_recorded(call: Api, reminded: Person, cloud: Cloud) -> None:
    other = complaint(complainedRecipients=[{"emailAddress": "nobody@example.com"}])
    assert send_events(call, other) == ALL_RECORDED

    assert wants_reminders(call, cloud, reminded)


def test_a_complaint_that_older_code_recorded_stops_no_security_mail(
    call: Api, cloud: Cloud, mailbox: Mailbox, people: People
) -> None:
    """A later bounce does."""
    people.verified("ann")
    feedback = layer("tokens.undeliverable")
    feedback.UndeliverableRow(f"EMAIL#{ANN}", reason="complaint", created_at=layer("clock").now()).save()

    assert request_reset(call, mailbox, ANN)
    send_events(call, bounce())
    call("POST /api/auth/request-password-reset", json={"email": ANN})

    assert undeliverable(cloud) == {ANN: "bounce"}
    assert len(mailbox.to(ANN)) == 1


def test_ses_itself_suppresses_after_bounces_alone() -> None:
    """Else a complaint about a digest would stop resets there."""
    configuration = source()["Resources"]["MailConfiguration"]["Properties"]
    assert configuration["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE"]}


def test_mails_to_a_marked_address_are_suppressed_and_the_caller_cannot_tell(
    call: Api, cloud: Cloud, people: People, mailbox: Mailbox
) -> None:
    people.verified("ann")
    before = call("POST /api/auth/request-password-reset", json={"email": ANN})
    assert len(mailbox.to(ANN)) == 1
    send_events(call, bounce())

    after = call("POST /api/auth/request-password-reset", json={"email": ANN})

    assert (after.status, after.text) == (before.status, before.text)
    assert len(mailbox.to(ANN)) == 1
    assert [row["mail_state"] for row in rows(cloud, "TokensTable") if "mail_state" in row] == ["suppressed"]


def test_a_sign_up_with_a_marked_address_gets_the_usual_response(call: Api, mailbox: Mailbox) -> None:
    send_events(call, bounce())
    response = sign_up(call, ANN)
    other = sign_up(call, "bob@example.com")

    assert (response.status, set(response.json)) == (other.status, set(other.json))
    assert [mail.to for mail in mailbox.all] == ["bob@example.com"]


def test_other_addresses_are_mailed(call: Api, people: People, mailbox: Mailbox) -> None:
    people.verified("bob")
    send_events(call, bounce())

    assert request_reset(call, mailbox, "bob@example.com")


def test_the_sample_event_is_a_bounce(call: Api, cloud: Cloud) -> None:
    call.invoke("RecordMailFeedback", sample("mail/record_mail_feedback"))

    assert undeliverable(cloud) == {ANN: "bounce"}
