"""The outbox: claim a row, send its mail through SES, mark it as sent.

Delivery is at least once: SES has no idempotency key, so a crash between acceptance and mark sends twice.
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
from gatehouse.dynamodb import ConditionFailed, batch_get, conditional_write
from gatehouse.mail.feedback import PURPOSE_TAG
from gatehouse.mail.model import Message, render
from gatehouse.telemetry import logger
from gatehouse.tokens import MailState, TokenRow
from gatehouse.tokens.undeliverable import UndeliverableRow, undeliverable_key

_ATTEMPTS = 8

_next_at = float("-inf")


class Delivery(StrEnum):
    """The result of delivering a mail."""

    SENT = "sent"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    DELAYED = "delayed"
    FAILED = "failed"


def row_from_image(image: dict[str, Any]) -> TokenRow:
    """Return the row in a stream record."""
    row = TokenRow()
    row.from_dynamodb_dict(deepcopy(image))  # decoding changes its argument
    return row


def deliver(order: TokenRow) -> Delivery:
    """Send the mail of a row, unless the row was replaced, used or sent since it was ordered.

    DELAYED asks to be called again; after the last attempt the row is marked as failed. SUPPRESSED is a mail to an
    address that bounced: the request for it got the usual response.
    """
    row = _claim(order)
    if row is None:
        return Delivery.SKIPPED
    try:
        if _is_undeliverable(row.email):
            _mark(row, MailState.SUPPRESSED)
            return Delivery.SUPPRESSED
        _send(render(row))
    except Exception:  # noqa: BLE001 -- after any error, the row must show it
        logger.warning("mail not accepted", purpose=row.purpose, attempt=row.attempts, exc_info=True)
        if row.attempts < _ATTEMPTS:
            return Delivery.DELAYED
        # Reset, so that it can be redriven.
        _mark(row, MailState.FAILED, TokenRow.expires_at.remove(), TokenRow.attempts.set(0))
        return Delivery.FAILED
    _mark(row, MailState.SENT)
    return Delivery.SENT


def _is_undeliverable(email: str) -> bool:
    """Whether an address is marked as undeliverable; the same read refreshes the keyring."""
    undeliverable: UndeliverableRow | None
    undeliverable, keyring = batch_get(undeliverable_key(email), keys.keyring_key())
    keys.update_cache(keyring)
    return undeliverable is not None and undeliverable.stops_mail


def _claim(order: TokenRow) -> TokenRow | None:
    """Return the current row with one more attempt; the first attempt starts the token's lifetime."""
    row = TokenRow(order.subject, order.purpose)
    first_end = clock.now() + timedelta(seconds=order.lifetime)
    try:
        with conditional_write():
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
    """Mark a claimed row. A row that replaced it is pending, and has its own mail."""
    claimed = (TokenRow.nonce == row.nonce) & (TokenRow.mail_state == MailState.SENDING)
    with suppress(ConditionFailed), conditional_write():
        row.update([TokenRow.mail_state.set(state), *more], condition=claimed)


def _send(message: Message) -> None:
    headers = [{"Name": name, "Value": value} for name, value in message.headers.items()]
    _wait_for_rate()
    _ses().send_email(
        FromEmailAddress=config().mail_from,
        **({"ConfigurationSetName": config().mail_configuration} if config().mail_configuration else {}),
        EmailTags=[{"Name": PURPOSE_TAG, "Value": message.purpose}],
        Destination={"ToAddresses": [message.to]},
        Content={
            "Simple": {
                "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": message.text, "Charset": "UTF-8"},
                    "Html": {"Data": message.html, "Charset": "UTF-8"},
                },
                **({"Headers": headers} if headers else {}),
            }
        },
    )


def _wait_for_rate() -> None:
    """Stay below the rate that SES accepts. Only one instance reads a shard of the stream, so no other one sends."""
    global _next_at  # noqa: PLW0603 -- one value for the process
    time.sleep(max(0.0, _next_at - time.monotonic()))
    _next_at = time.monotonic() + 1 / config().mail_rate


@cache
def _ses() -> Any:
    return botocore.session.get_session().create_client(
        "sesv2", config=ClientConfig(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})
    )
