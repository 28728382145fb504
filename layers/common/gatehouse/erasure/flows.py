"""Erase a deleted user: all their rows in every table, page by page, in one or more runs.

Each step can be repeated, so a timeout, a throttled table or a second delivery does no harm. The order is deleted
last, after the entry in the audit trail.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from pynamodb.expressions.update import Action

from gatehouse import audit, clock, throttle
from gatehouse.accounts import profile_key
from gatehouse.accounts.counters import all_counters
from gatehouse.accounts.erasure_orders import PURPOSE, ErasureRow, ErasureState
from gatehouse.accounts.former_addresses import FormerAddressesRow, all_addresses, former_key
from gatehouse.accounts.pointers import PointerRow, email_key
from gatehouse.dynamodb import ConditionFailed, Row, batch_get, conditional_write
from gatehouse.query import QuerySpec, batch_delete, query
from gatehouse.sessions.refresh import refresh_counter
from gatehouse.sessions.table import SessionRow
from gatehouse.task_reads import reads_counter
from gatehouse.tasks.table import TaskRow
from gatehouse.telemetry import logger
from gatehouse.tokens import TokenRow, email_subject

_ATTEMPTS = 8
_PAGE_SIZE = 250  # rows
_MIN_TIME_LEFT = 20_000  # milliseconds: several times what a page takes
_LONGEST_REQUEST = timedelta(seconds=30)  # API Gateway's limit; an authenticated request may still write


class Erasure(StrEnum):
    """The result of handling an order."""

    DONE = "done"
    CONTINUED = "continued"
    SKIPPED = "skipped"
    DELAYED = "delayed"
    FAILED = "failed"


def erase(user_id: str, milliseconds_left: Callable[[], int]) -> Erasure:
    """Erase all data of a deleted user.

    DELAYED asks to be called again; after the last attempt the order is marked as failed. CONTINUED has ordered the
    remaining work. A user who still exists is never erased.
    """
    order = _claim(user_id)
    if order is None:
        return Erasure.SKIPPED
    try:
        return _erase(order, milliseconds_left)
    except Exception:  # noqa: BLE001 -- after any error, the order must show it
        logger.warning("not erased", attempt=order.attempts, exc_info=True)
        if order.attempts < _ATTEMPTS:
            return Erasure.DELAYED
        _mark(order, ErasureState.FAILED)
        return Erasure.FAILED


def _erase(order: ErasureRow, milliseconds_left: Callable[[], int]) -> Erasure:
    profile, former = batch_get(profile_key(order.subject), former_key(order.subject))
    if profile is not None:
        _mark(order, ErasureState.FAILED)
        return Erasure.FAILED
    _wait_for_requests(order)
    for count in _steps(order, former):
        order.erased += count
        if milliseconds_left() < _MIN_TIME_LEFT:
            _mark(order, ErasureState.PENDING)
            return Erasure.CONTINUED
    audit.record("user erased", actor="erase_user", user_id=order.subject, rows=order.erased)
    batch_delete(ErasureRow, [_key(order.subject, order.purpose)])
    return Erasure.DONE


def _steps(order: ErasureRow, former: FormerAddressesRow | None) -> Iterator[int]:
    """Yield the number of rows removed by each step that removed any."""
    yield from _delete_sessions(order.subject)
    for keys in _pages(TaskRow, order.subject):
        batch_delete(TaskRow, keys)
        yield len(keys)
    for keys in _pages(TokenRow, order.subject):
        others = [key for key in keys if key["purpose"] != {"S": PURPOSE}]
        batch_delete(TokenRow, others)
        if others:
            yield len(others)
    for email in (order.email, *(one.email for one in all_addresses(former))):
        if removed := _delete_mails_of_address(order, email):
            yield removed
        throttle.delete_counters(*all_counters(email, order.subject), reads_counter(order.subject))
    if former:
        yield _release_former(order.subject, former)


def _delete_sessions(user_id: str) -> Iterator[int]:
    for keys in _pages(SessionRow, user_id):
        throttle.delete_counters(*(refresh_counter(key["session_id"]["S"]) for key in keys))
        batch_delete(SessionRow, keys)
        yield len(keys)


def _release_former(user_id: str, former: FormerAddressesRow) -> int:
    """Release the addresses that are still held for the user, then forget them."""
    for address in all_addresses(former):
        pointer = PointerRow(*email_key(address.email)[1:])
        with suppress(ConditionFailed), conditional_write():  # another user has it
            pointer.delete(condition=(PointerRow.user_id == user_id) & PointerRow.held_until.exists())
    former.delete()
    return 1 + len(all_addresses(former))


def _delete_mails_of_address(order: ErasureRow, email: str) -> int:
    """Delete tokens keyed by an address, except those of a new owner of the address."""
    keys = [key for page in _pages(TokenRow, email_subject(email)) for key in page]
    removed = 0
    for key in keys:
        row = TokenRow(key["subject"]["S"], key["purpose"]["S"])
        try:
            with conditional_write():
                row.delete(condition=TokenRow.created_at <= order.created_at)
        except ConditionFailed:
            continue
        removed += 1
    return removed


def _pages(row: type[Row], partition: str) -> Iterator[list[dict[str, dict[str, str]]]]:
    start = None
    while True:
        answer = query(QuerySpec(row=row, partition_key=partition, limit=_PAGE_SIZE, start_key=start, keys_only=True))
        if answer["Items"]:
            yield answer["Items"]
        start = answer.get("LastEvaluatedKey")
        if not start:
            return


def _wait_for_requests(order: ErasureRow) -> None:
    time.sleep(max(0.0, (order.created_at + _LONGEST_REQUEST - clock.now()).total_seconds()))


def _claim(user_id: str) -> ErasureRow | None:
    row = ErasureRow(user_id)
    ordered = ErasureRow.erasure.is_in(ErasureState.PENDING, ErasureState.RUNNING)
    try:
        with conditional_write():
            row.update([ErasureRow.erasure.set(ErasureState.RUNNING), ErasureRow.attempts.add(1)], condition=ordered)
    except ConditionFailed:
        return None
    return row


def _mark(order: ErasureRow, state: ErasureState) -> None:
    """Set the state; attempts start from zero."""
    actions: list[Action] = [
        ErasureRow.erasure.set(state),
        ErasureRow.attempts.set(0),
        ErasureRow.erased.set(order.erased),
    ]
    with suppress(ConditionFailed), conditional_write():  # another run may have deleted it
        ErasureRow(order.subject).update(actions, condition=ErasureRow.subject.exists())


def _key(subject: str, purpose: str) -> dict[str, dict[str, str]]:
    return {"subject": {"S": subject}, "purpose": {"S": purpose}}
