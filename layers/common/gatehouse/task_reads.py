"""The limit of a user's requests that read tasks, without a round trip of its own.

The count is read together with the session. Each instance keeps its own requests in memory and writes ten at a time, so
nobody is refused early, and everybody late by at most nine requests for each instance.
"""

from collections import Counter
from typing import ClassVar

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import Key
from gatehouse.errors import TooManyRequests
from gatehouse.throttle import LimitRow, add_calls, counter_key

WRITTEN_AT_ONCE = 10


class _Window:
    """The requests of this instance in one window that are not written yet, by user."""

    end = 0
    unwritten: ClassVar[Counter[str]] = Counter()


def reads_key(user_id: str) -> Key:
    """Return the key of the row that counts a user's reads."""
    return counter_key(*reads_counter(user_id))


def reads_counter(user_id: str) -> tuple[str, ...]:
    """Return the key of the counter of a user's reads."""
    return "task_reads", user_id


def limit_task_reads(user_id: str, row: LimitRow | None) -> None:
    """Count a request of a user whose counter is `row`; raises TooManyRequests."""
    if config().rate_limits == "off":
        return
    rate, now = config().rate_limit_task_reads, clock.now()
    end = rate.window_end(now)
    if _Window.end != end:
        _Window.end, _Window.unwritten = end, Counter()
    mine = _Window.unwritten
    written = row.calls if row and row.ends_at == end * 1000 else 0
    if written + mine[user_id] >= rate.calls:
        raise TooManyRequests(end - int(now.timestamp()), limit=rate.calls, resets_at=end)
    mine[user_id] += 1
    if mine[user_id] >= WRITTEN_AT_ONCE and add_calls(mine[user_id], end * 1000, *reads_counter(user_id)):
        del mine[user_id]
