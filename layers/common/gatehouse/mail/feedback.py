"""Bounces and complaints from SES: an address that bounced permanently, or complained, gets no more mail.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parseaddr
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from gatehouse import clock
from gatehouse.attributes import TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, Row, TableName, conditional_write
from gatehouse.telemetry import count_metric
from gatehouse.tokens import email_subject

_PURPOSE = "undeliverable"


class UndeliverableRow(Row):
    """An address that gets no mail. It is stored beside the address's tokens, and erased with them."""

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=_PURPOSE)
    reason = UnicodeAttribute()
    created_at = TimestampAttribute()


def undeliverable_key(email: str) -> Key:
    """Return the key of an address's row."""
    return UndeliverableRow, email_subject(email), _PURPOSE


def process_feedback(message: str) -> str:
    """Process one event of SES and return its kind: `bounce`, `complaint`, `delivery`, `reject`, or `other`.

    `message` is the event, or SNS's envelope around it. Raises ValueError for anything else.
    """
    event = _event(json.loads(message))
    kind = str(event.get("eventType") or event.get("notificationType") or "other").lower()
    for address, reason in _undeliverable(kind, event):
        _mark(address, reason)
    count_metric("MailEvents", kind=kind)
    return kind


def _event(content: Any) -> dict[str, Any]:
    if isinstance(content, dict) and content.get("Type") == "Notification":
        content = json.loads(str(content.get("Message")))
    if not isinstance(content, dict):
        raise ValueError("not an event of SES")  # noqa: TRY004 -- the input is invalid
    return content


def _undeliverable(kind: str, event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the addresses that get no more mail, and the reason. A full mailbox is not one."""
    told = event.get(kind) or {}
    if kind == "bounce" and told.get("bounceType") == "Permanent":
        yield from ((one["emailAddress"], "bounce") for one in told["bouncedRecipients"])
    elif kind == "complaint":
        yield from ((one["emailAddress"], "complaint") for one in told["complainedRecipients"])


def _mark(address: str, reason: str) -> None:
    _, email = parseaddr(address)
    if "@" not in email:
        raise ValueError("not an address")
    row = UndeliverableRow(email_subject(email.lower()), reason=reason, created_at=clock.now())
    with suppress(ConditionFailed), conditional_write():  # the first reason is kept
        row.save(condition=UndeliverableRow.subject.does_not_exist())
