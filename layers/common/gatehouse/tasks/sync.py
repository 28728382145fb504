"""What changed since a client last asked: in the order of change numbers, deletions among them."""

from datetime import timedelta

from pydantic import BaseModel

from gatehouse import clock
from gatehouse.cursors import seal, unseal
from gatehouse.errors import SyncTokenExpired
from gatehouse.partitions import Ask, query
from gatehouse.tasks.model import Owner, Task
from gatehouse.tasks.table import TaskRow

_KEPT = timedelta(days=30)  # a tombstone lives a day longer
_QUESTION = "changes"


class TaskChanges(BaseModel):
    """Tasks as they are now, and ids of deleted ones, oldest change first. Go on with `token`, now if `has_more`."""

    changed: list[Task]
    deleted: list[str]
    token: str
    has_more: bool


def changes(owner: Owner, since: str | None, limit: int) -> TaskChanges:
    """Up to `limit` changes after a token, or from the beginning: every task that there is.

    What changes while a client is paging comes again, with a later number. Raises InvalidInput for a token of somebody
    else, and SyncTokenExpired for one from which deletions may have been missed.
    """
    now = clock.now()
    last, complete = 0, now.timestamp()  # the latest change that the client knows of, and when it knew of all
    if since is not None:
        last, complete = unseal(owner.cursor_key, _QUESTION, since, "since")
    if complete < (now - _KEPT).timestamp():
        raise SyncTokenExpired
    ask = Ask(row=TaskRow, partition=owner.id, index="by_change", within=TaskRow.change_number > last, limit=limit)
    answer = query(ask)
    rows, has_more = answer["Items"], "LastEvaluatedKey" in answer
    if rows:
        last = int(rows[-1]["change_number"]["N"])
    return TaskChanges(
        changed=[TaskRow.from_raw_data(row).to_task() for row in rows if "gone_id" not in row],
        deleted=[row["gone_id"]["S"] for row in rows if "gone_id" in row],
        token=seal(owner.cursor_key, _QUESTION, [last, complete if has_more else now.timestamp()]),
        has_more=has_more,
    )
