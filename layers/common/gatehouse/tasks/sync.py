"""Incremental sync: changes since a token, in the order of change numbers, deletions included."""

from datetime import timedelta

from pydantic import BaseModel

from gatehouse import clock
from gatehouse.cursors import decode_cursor, encode_cursor
from gatehouse.errors.tasks import SyncTokenExpired
from gatehouse.query import QuerySpec, query
from gatehouse.tasks.model import Owner, Task
from gatehouse.tasks.table import TaskRow

_RETENTION = timedelta(days=30)  # tombstones are kept a day longer
_QUERY = "changes"


class ChangeFeed(BaseModel):
    """Changed tasks and ids of deleted ones, oldest change first. Continue with `token`, at once if `has_more`."""

    changed: list[Task]
    deleted: list[str]
    token: str
    has_more: bool


def changes_since(owner: Owner, since: str | None, limit: int) -> ChangeFeed:
    """Return up to `limit` changes after a token, or from the beginning: every task that exists.

    A task that changes while a client is paging is sent again, with a later number. Raises InvalidInput for another
    user's token, and SyncTokenExpired when deletions since the token may be missing.
    """
    now = clock.now()
    last, complete = 0, now.timestamp()  # the latest change that the client has, and when it had all
    if since is not None:
        last, complete = decode_cursor(owner.cursor_key, _QUERY, since, "since")
    if complete < (now - _RETENTION).timestamp():
        raise SyncTokenExpired
    ask = QuerySpec(
        row=TaskRow, partition_key=owner.id, index="by_change", key_condition=TaskRow.change_number > last, limit=limit
    )
    answer = query(ask)
    rows, has_more = answer["Items"], "LastEvaluatedKey" in answer
    if rows:
        last = int(rows[-1]["change_number"]["N"])
    return ChangeFeed(
        changed=[TaskRow.from_raw_data(row).to_task() for row in rows if "gone_id" not in row],
        deleted=[row["gone_id"]["S"] for row in rows if "gone_id" in row],
        token=encode_cursor(owner.cursor_key, _QUERY, [last, complete if has_more else now.timestamp()]),
        has_more=has_more,
    )
