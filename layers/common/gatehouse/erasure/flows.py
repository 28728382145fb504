"""Erasing a deleted user: everything that is theirs in every table, a page at a time, as often as it takes.

Each step may be done again, so a time-out, a throttled table or a second delivery loses nothing. The order goes last,
after a receipt in the audit trail.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from pynamodb.expressions.update import Action

from gatehouse import audit, clock, throttle
from gatehouse.accounts import profile_key
from gatehouse.accounts.erasures import PURPOSE, ErasureRow, ErasureState
from gatehouse.accounts.flows import guess_counters
from gatehouse.accounts.outbox import mail_counters
from gatehouse.dynamodb import ConditionFailed, Row, conditionally, get_together
from gatehouse.partitions import Ask, query, remove_all
from gatehouse.sessions.refresh import refresh_counter
from gatehouse.sessions.table import SessionRow
from gatehouse.tasks.table import TaskRow
from gatehouse.telemetry import logger
from gatehouse.tokens import TokenRow, subject_of

_ATTEMPTS = 8
_PAGE = 250  # rows
_RESERVE = 20_000  # milliseconds: several times what a page takes
_LONGEST_REQUEST = timedelta(seconds=30)  # by API Gateway; one that was let in before may still write


class Erasure(StrEnum):
    """What became of an order."""

    DONE = "done"
    CONTINUED = "continued"
    SKIPPED = "skipped"
    DELAYED = "delayed"
    FAILED = "failed"


def erase(user_id: str, milliseconds_left: Callable[[], int]) -> Erasure:
    """Erase all that a deleted user left.

    DELAYED asks to be called again; after the last attempt the order stays, marked as failed. CONTINUED has ordered the
    rest anew. A user who is there is never erased.
    """
    order = _claim(user_id)
    if order is None:
        return Erasure.SKIPPED
    try:
        return _erase(order, milliseconds_left)
    except Exception:  # noqa: BLE001 -- whatever it was, the order must come to say so
        logger.warning("not erased", attempt=order.attempts, exc_info=True)
        if order.attempts < _ATTEMPTS:
            return Erasure.DELAYED
        _mark(order, ErasureState.FAILED)
        return Erasure.FAILED


def _erase(order: ErasureRow, milliseconds_left: Callable[[], int]) -> Erasure:
    (profile,) = get_together(profile_key(order.subject))
    if profile is not None:
        _mark(order, ErasureState.FAILED)
        return Erasure.FAILED
    _let_requests_end(order)
    for count in _steps(order):
        order.erased += count
        if milliseconds_left() < _RESERVE:
            _mark(order, ErasureState.PENDING)
            return Erasure.CONTINUED
    audit.record("user erased", actor="erase_user", user_id=order.subject, rows=order.erased)
    remove_all(ErasureRow, [_key(order.subject, order.purpose)])
    return Erasure.DONE


def _steps(order: ErasureRow) -> Iterator[int]:
    """How many rows were removed, after each step that removed any."""
    yield from _sessions(order.subject)
    for keys in _pages(TaskRow, order.subject):
        remove_all(TaskRow, keys)
        yield len(keys)
    for keys in _pages(TokenRow, order.subject):
        others = [key for key in keys if key["purpose"] != {"S": PURPOSE}]
        remove_all(TokenRow, others)
        if others:
            yield len(others)
    if removed := _mails_of_address(order):
        yield removed
    throttle.forget(*mail_counters(order.email), *guess_counters(order.email))


def _sessions(user_id: str) -> Iterator[int]:
    for keys in _pages(SessionRow, user_id):
        throttle.forget(*(refresh_counter(key["session_id"]["S"]) for key in keys))
        remove_all(SessionRow, keys)
        yield len(keys)


def _mails_of_address(order: ErasureRow) -> int:
    """Tokens that go by the address, but for those of somebody who has come to it since."""
    keys = [key for page in _pages(TokenRow, subject_of(order.email)) for key in page]
    removed = 0
    for key in keys:
        row = TokenRow(key["subject"]["S"], key["purpose"]["S"])
        try:
            with conditionally():
                row.delete(condition=TokenRow.created_at <= order.created_at)
        except ConditionFailed:
            continue
        removed += 1
    return removed


def _pages(row: type[Row], partition: str) -> Iterator[list[dict[str, dict[str, str]]]]:
    start = None
    while True:
        answer = query(Ask(row=row, partition=partition, limit=_PAGE, start=start, keys_only=True))
        if answer["Items"]:
            yield answer["Items"]
        start = answer.get("LastEvaluatedKey")
        if not start:
            return


def _let_requests_end(order: ErasureRow) -> None:
    time.sleep(max(0.0, (order.created_at + _LONGEST_REQUEST - clock.now()).total_seconds()))


def _claim(user_id: str) -> ErasureRow | None:
    row = ErasureRow(user_id)
    ordered = ErasureRow.erasure.is_in(ErasureState.PENDING, ErasureState.RUNNING)
    try:
        with conditionally():
            row.update([ErasureRow.erasure.set(ErasureState.RUNNING), ErasureRow.attempts.add(1)], condition=ordered)
    except ConditionFailed:
        return None
    return row


def _mark(order: ErasureRow, state: ErasureState) -> None:
    """How it stands; the attempts begin anew."""
    actions: list[Action] = [
        ErasureRow.erasure.set(state),
        ErasureRow.attempts.set(0),
        ErasureRow.erased.set(order.erased),
    ]
    with suppress(ConditionFailed), conditionally():  # another run may have come to its end meanwhile
        ErasureRow(order.subject).update(actions, condition=ErasureRow.subject.exists())


def _key(subject: str, purpose: str) -> dict[str, dict[str, str]]:
    return {"subject": {"S": subject}, "purpose": {"S": purpose}}
