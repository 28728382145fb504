"""The outbox: claim a row, hand its mail to SES, mark it sent.

At least once: SES has no idempotency key, so a crash between acceptance and mark sends twice; never zero times.
"""

import time
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config as ClientConfig
from pynamodb.expressions.update import Action

from gatehouse import clock, keys
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, conditionally, get_together
from gatehouse.mail.feedback import undeliverable_key
from gatehouse.mail.model import Message, render
from gatehouse.telemetry import logger
from gatehouse.tokens import MailState, TokenRow

_ATTEMPTS = 8

_next_at = float("-inf")


class Delivery(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    DELAYED = "delayed"
    FAILED = "failed"


def ordered(image: dict[str, Any]) -> TokenRow:
    """The row as a stream record shows it."""
    row = TokenRow()
    row.from_dynamodb_dict(deepcopy(image))  # it decodes in place
    return row


def deliver(order: TokenRow) -> Delivery:
    """Send the mail of a row as it was when ordered, unless it was replaced, used or sent meanwhile.

    DELAYED asks to be called again; after the last attempt the row stays, marked as failed. SUPPRESSED is a mail to an
    address that bounced or complained: whoever asked for it was answered as ever.
    """
    row = _claim(order)
    if row is None:
        return Delivery.SKIPPED
    try:
        if _is_undeliverable(row.email):
            _mark(row, MailState.SUPPRESSED)
            return Delivery.SUPPRESSED
        _hand_over(render(row))
    except Exception:  # noqa: BLE001 -- whatever it was, the row must come to say so
        logger.warning("mail not accepted", purpose=row.purpose, attempt=row.attempts, exc_info=True)
        if row.attempts < _ATTEMPTS:
            return Delivery.DELAYED
        _mark(row, MailState.FAILED, TokenRow.expires_at.remove(), TokenRow.attempts.set(0))  # ready to be ordered anew
        return Delivery.FAILED
    _mark(row, MailState.SENT)
    return Delivery.SENT


def _is_undeliverable(email: str) -> bool:
    """Whether mail to an address came back; the keys are seen as they are now in the same call."""
    undeliverable, keyring = get_together(undeliverable_key(email), keys.keyring_key())
    keys.observe(keyring)
    return undeliverable is not None


def _claim(order: TokenRow) -> TokenRow | None:
    """The row as it is now, with one attempt more; its token's time begins with the first."""
    row = TokenRow(order.subject, order.purpose)
    first_end = clock.now() + timedelta(seconds=order.lifetime)
    try:
        with conditionally():
            row.update(
                [
                    TokenRow.mail_state.set(MailState.SENDING),
                    TokenRow.attempts.add(1),
                    TokenRow.expires_at.set(TokenRow.expires_at | first_end),
                ],
                condition=(TokenRow.nonce == order.nonce)
                & TokenRow.mail_state.is_in(MailState.PENDING, MailState.SENDING)
                & TokenRow.used_at.does_not_exist(),
            )
    except ConditionFailed:
        return None
    return row


def _mark(row: TokenRow, state: MailState, *more: Action) -> None:
    with suppress(ConditionFailed), conditionally():  # one that was replaced meanwhile has a mail of its own
        row.update([TokenRow.mail_state.set(state), *more], condition=TokenRow.nonce == row.nonce)


def _hand_over(message: Message) -> None:
    _keep_pace()
    _ses().send_email(
        FromEmailAddress=config().mail_from,
        **({"ConfigurationSetName": config().mail_configuration} if config().mail_configuration else {}),
        Destination={"ToAddresses": [message.to]},
        Content={
            "Simple": {
                "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": message.text, "Charset": "UTF-8"},
                    "Html": {"Data": message.html, "Charset": "UTF-8"},
                },
            }
        },
    )


def _keep_pace() -> None:
    """Stay below what SES takes in a second: it refuses the rest. One shard of the stream is read by one instance."""
    global _next_at  # noqa: PLW0603 -- one for the process
    time.sleep(max(0.0, _next_at - time.monotonic()))
    _next_at = time.monotonic() + 1 / config().mail_rate


@cache
def _ses() -> Any:
    return botocore.session.get_session().create_client(
        "sesv2", config=ClientConfig(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})
    )
