"""Bounces and complaints from SES. An address that bounced permanently gets no more mail; a complaint about a digest
ends digests.

No complaint stops security mail: a stranger can request resets for somebody until they complain.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import parseaddr
from typing import Any

from gatehouse import clock
from gatehouse.dynamodb import ConditionFailed, conditional_write
from gatehouse.telemetry import count_metric
from gatehouse.tokens import Purpose, email_subject
from gatehouse.tokens.undeliverable import BOUNCE, UndeliverableRow

PURPOSE_TAG = "purpose"
"""The tag of each mail that names its purpose; SES repeats it in events."""
_NOT_SENT = "OnAccountSuppressionList"  # the subtype for a mail that SES did not send: nobody returned it
_NOT_SPAM = "not-spam"


def process_feedback(message: str, end_digests: Callable[[str], None]) -> str:
    """Process one event of SES and return its kind: `bounce`, `complaint`, `not-spam`, `delivery`, `reject` or `other`.

    `message` is the event, or SNS's envelope around it; `end_digests` is called with an address that wants none. Raises
    ValueError for anything else.
    """
    event = _event(json.loads(message))
    kind = str(event.get("eventType") or event.get("notificationType") or "other").lower()
    told = event.get(kind) or {}
    if kind == "bounce":
        for email in _returned_to(told):
            _mark(email)
    elif kind == "complaint":
        if told.get("complaintFeedbackType") == _NOT_SPAM:
            kind = _NOT_SPAM
        elif _is_about_digest(event):
            for email in _complained(told):
                end_digests(email)
    count_metric("MailEvents", kind=kind)
    return kind


def _event(content: Any) -> dict[str, Any]:
    if isinstance(content, dict) and content.get("Type") == "Notification":
        content = json.loads(str(content.get("Message")))
    if not isinstance(content, dict):
        raise ValueError("not an event of SES")  # noqa: TRY004 -- the input is invalid
    return content


def _returned_to(bounce: dict[str, Any]) -> Iterator[str]:
    """Yield the addresses that a mail came back from for good. A full mailbox is not one."""
    if bounce.get("bounceType") == "Permanent" and bounce.get("bounceSubType") != _NOT_SENT:
        yield from (_address(one) for one in bounce["bouncedRecipients"])


def _complained(complaint: dict[str, Any]) -> Iterator[str]:
    if complaint.get("complaintSubType") != _NOT_SENT:
        yield from (_address(one) for one in complaint["complainedRecipients"])


def _is_about_digest(event: dict[str, Any]) -> bool:
    """Whether a complaint is about a digest, or a mail of older code, which had no tag."""
    purposes = event.get("mail", {}).get("tags", {}).get(PURPOSE_TAG)
    return not purposes or Purpose.TASK_DIGEST in purposes


def _address(recipient: dict[str, Any]) -> str:
    _, email = parseaddr(recipient["emailAddress"])
    if "@" not in email:
        raise ValueError("not an address")
    return email.lower()


def _mark(email: str) -> None:
    row = UndeliverableRow(email_subject(email), reason=BOUNCE, created_at=clock.now())
    with suppress(ConditionFailed), conditional_write():  # the first bounce is kept
        row.save(condition=UndeliverableRow.subject.does_not_exist() | (UndeliverableRow.reason != BOUNCE))
