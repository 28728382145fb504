"""Retry failed mails and erasures. Import it only with the environment of the functions set."""

from collections.abc import Iterator
from datetime import timedelta

from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts.erasure_orders import PURPOSE, ErasureRow, ErasureState
from gatehouse.dynamodb import ConditionFailed, conditional_write
from gatehouse.tokens import MailState, TokenRow
from gatehouse_dev.admin.recording import Change, record

STUCK = timedelta(hours=1)


def redrive(actor: str) -> Iterator[Change]:
    """Update every failed row, so that the table's stream delivers it again."""
    for row in _mails():
        if _requeue(row):
            done = f"The mail {row.purpose} to {row.email} will be sent again."
            yield record("mail requeued", done, actor, row.user_id or row.subject, purpose=row.purpose)
    for erasure in _erasures():
        if _restart(erasure):
            done = f"The erasure of {erasure.subject} will be retried."
            yield record("erasure requeued", done, actor, erasure.subject)


def _mails() -> Iterator[TokenRow]:
    state, now = TokenRow.mail_state, clock.now()
    stuck = state.is_in(MailState.PENDING, MailState.SENDING) & (TokenRow.created_at < now - STUCK)
    for row in TokenRow.scan((state == MailState.FAILED) | stuck, consistent_read=True):
        if row.delete_at > now and not row.used_at:
            yield row


def _requeue(row: TokenRow) -> bool:
    """Requeue a mail; its token's lifetime starts with the next attempt. False when the row changed meanwhile."""
    actions: list[Action] = [
        TokenRow.mail_state.set(MailState.PENDING),
        TokenRow.attempts.set(0),
        TokenRow.expires_at.remove(),
        # A write that changes nothing is not in the stream, and a stuck row may have all of the above.
        TokenRow.delete_at.set(row.delete_at + timedelta(seconds=1)),
    ]
    same = (TokenRow.nonce == row.nonce) & (TokenRow.mail_state == row.mail_state)
    try:
        with conditional_write():
            TokenRow(row.subject, row.purpose).update(actions, condition=same & TokenRow.used_at.does_not_exist())
    except ConditionFailed:
        return False
    return True


def _erasures() -> Iterator[ErasureRow]:
    failed, stuck = ErasureRow.erasure == ErasureState.FAILED, ErasureRow.created_at < clock.now() - STUCK
    of_users = (ErasureRow.purpose == PURPOSE) & ErasureRow.erasure.exists()  # excess sessions are ordered again
    yield from ErasureRow.scan(of_users & (failed | stuck), consistent_read=True)


def _restart(order: ErasureRow) -> bool:
    row = ErasureRow(order.subject, order.purpose)
    try:
        # Through another state, for the same reason as above.
        for state in (ErasureState.RUNNING, ErasureState.PENDING):
            with conditional_write():
                row.update(
                    [ErasureRow.erasure.set(state), ErasureRow.attempts.set(0)],
                    condition=ErasureRow.erasure.exists(),
                )
    except ConditionFailed:
        return False
    return True
