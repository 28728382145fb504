"""What SES tells of mails that were sent: an address whose mail came back for good, or who complained, gets no more.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parseaddr
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, Moment, Row, TableName, conditionally
from gatehouse.telemetry import count
from gatehouse.tokens import subject_of

_PURPOSE = "undeliverable"


class UndeliverableRow(Row):
    """An address that is not written to. It lies beside the address's tokens, and is erased with them."""

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=_PURPOSE)
    reason = UnicodeAttribute()
    created_at = Moment()


def undeliverable_key(email: str) -> Key:
    """Where it says that an address is not written to."""
    return UndeliverableRow, subject_of(email), _PURPOSE


def take_note(message: str) -> str:
    """What one event of SES says, after acting on it: `bounce`, `complaint`, `delivery`, `reject`, or `other`.

    `message` is the event, or SNS's envelope around it. Raises ValueError for what is neither.
    """
    event = _event(json.loads(message))
    kind = str(event.get("eventType") or event.get("notificationType") or "other").lower()
    for address, reason in _hopeless(kind, event):
        _mark(address, reason)
    count("MailEvents", kind=kind)
    return kind


def _event(content: Any) -> dict[str, Any]:
    if isinstance(content, dict) and content.get("Type") == "Notification":
        content = json.loads(str(content.get("Message")))
    if not isinstance(content, dict):
        raise ValueError("no event of SES")  # noqa: TRY004 -- what was sent is wrong, not what we did
    return content


def _hopeless(kind: str, event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The addresses that are not to be written to any more, and why. A full mailbox is no reason."""
    told = event.get(kind) or {}
    if kind == "bounce" and told.get("bounceType") == "Permanent":
        yield from ((one["emailAddress"], "bounce") for one in told["bouncedRecipients"])
    elif kind == "complaint":
        yield from ((one["emailAddress"], "complaint") for one in told["complainedRecipients"])


def _mark(address: str, reason: str) -> None:
    _, email = parseaddr(address)
    if "@" not in email:
        raise ValueError("no address")
    row = UndeliverableRow(subject_of(email.lower()), reason=reason, created_at=clock.now())
    with suppress(ConditionFailed), conditionally():  # the first reason stays
        row.save(condition=UndeliverableRow.subject.does_not_exist())
