"""Attempts to give a second factor, counted before they are compared: parallel guesses gain nothing.

Ten wrong codes in a row, by whatever method, lock a user's second factor for a quarter of an hour. Only somebody with
the first factor can lock it, and a reset of the password is not locked.
"""

from contextlib import suppress
from datetime import timedelta

from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts.factor_rows import SecondFactorRow
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, transact, update
from gatehouse.errors.second_factor import AccountTemporarilyLocked

LOCKED_FOR = timedelta(minutes=15)
MOST_FAILURES = 10


def count_attempt(factor: SecondFactorRow, *limited: TransactItem) -> None:
    """Count one attempt of a user along with the writes that count it elsewhere, each with a limit of its own.

    Raises AccountTemporarilyLocked, and ConditionFailed when one of the other limits is reached.
    """
    check_unlocked(factor)
    try:
        transact(_count_failure(factor), *limited)
    except ConditionFailed:
        (latest,) = batch_get((SecondFactorRow, factor.pk, factor.sk))
        if latest:
            check_unlocked(latest)
        raise


def check_unlocked(factor: SecondFactorRow) -> None:
    """Raise AccountTemporarilyLocked after too many wrong codes."""
    if factor.failures < MOST_FAILURES:
        return
    remaining = factor.failed_at + LOCKED_FOR - clock.now()
    if remaining > timedelta():
        raise AccountTemporarilyLocked(-(-remaining // timedelta(seconds=1)))


def forgive() -> list[Action]:
    """Return the actions that begin anew after a right code."""
    return [SecondFactorRow.failures.set(0), SecondFactorRow.failed_at.remove(), SecondFactorRow.lock_told.remove()]


def tell_of_lock(factor: SecondFactorRow, notice: TransactItem) -> None:
    """Write a notice if the wrong code that was counted locked the factor: once, of all that came at the same time."""
    told, row = SecondFactorRow.lock_told, SecondFactorRow(factor.pk, factor.sk)
    (latest,) = batch_get((SecondFactorRow, factor.pk, factor.sk))
    if latest and latest.failures >= MOST_FAILURES:
        untold = told.does_not_exist() & (SecondFactorRow.failures >= MOST_FAILURES)
        with suppress(ConditionFailed):
            transact(update(row, told.set(True), condition=untold), notice)


def _count_failure(factor: SecondFactorRow) -> TransactItem:
    failures, row = SecondFactorRow.failures, SecondFactorRow(factor.pk, factor.sk)
    now = SecondFactorRow.failed_at.set(clock.now())
    if factor.failures >= MOST_FAILURES:  # the lock has ended
        again = failures.set(1), now, SecondFactorRow.lock_told.remove()
        return update(row, *again, condition=failures == factor.failures)
    return update(row, failures.add(1), now, condition=SecondFactorRow.pk.exists() & (failures < MOST_FAILURES))
