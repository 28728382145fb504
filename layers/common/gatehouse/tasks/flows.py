"""Adding, reading, changing and removing tasks. A task of somebody else does not exist."""

from collections.abc import Mapping
from typing import Any

from pynamodb.exceptions import DeleteError, UpdateError
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.dynamodb import condition_failed
from gatehouse.errors import InvalidInput, NotFound
from gatehouse.tasks.model import Changes, NewTask, Task, TaskPage, new_task_id, task_id
from gatehouse.tasks.table import TaskRow


def add(owner: str, new: NewTask) -> Task:
    """A new task at the head of the owner's list."""
    now = clock.now()
    row = TaskRow(
        owner,
        new_task_id(),
        title=new.title,
        description=new.description,
        priority=new.priority,
        due_at=new.due_date.isoformat() if new.due_date else None,
        created_at=now,
        updated_at=now,
    )
    row.save(condition=TaskRow.task_id.does_not_exist())
    return row.to_task()


def page(owner: str, *, limit: int, cursor: str | None) -> TaskPage:
    """Up to `limit` tasks, newest first, after the one that `cursor` names; raises InvalidInput for a bad cursor."""
    found = TaskRow.query(
        owner,
        limit=limit,
        page_size=limit,
        scan_index_forward=False,
        consistent_read=True,
        last_evaluated_key=_start(owner, cursor),
    )
    tasks = [row.to_task() for row in found]
    last = found.last_evaluated_key
    return TaskPage(tasks=tasks, cursor=last["task_id"]["S"] if last else None)


def read(owner: str, text: str) -> Task:
    """One task; raises NotFound."""
    return _get(owner, text).to_task()


def change(owner: str, text: str, changes: Changes) -> Task:
    """Change what was given and leave the rest; raises NotFound, or InvalidInput when nothing was given."""
    given = changes.model_dump(exclude_unset=True)
    if not given:
        raise InvalidInput("Nothing to change: send at least one field.")
    return _update(TaskRow(owner, task_id(text)), given)


def complete(owner: str, text: str, *, completed: bool | None) -> Task:
    """Mark a task as completed or not; None toggles. Raises NotFound."""
    row = TaskRow(owner, task_id(text))
    if completed is None:
        completed = not _get(owner, text).completed
    return _update(row, {"completed": completed})


def remove(owner: str, text: str) -> None:
    """Delete a task; raises NotFound."""
    try:
        TaskRow(owner, task_id(text)).delete(condition=TaskRow.task_id.exists())
    except DeleteError as error:
        if condition_failed(error):
            raise NotFound from None
        raise


def _get(owner: str, text: str) -> TaskRow:
    try:
        return TaskRow.get(owner, task_id(text), consistent_read=True)
    except TaskRow.DoesNotExist:
        raise NotFound from None


def _update(row: TaskRow, given: Mapping[str, Any]) -> Task:
    try:
        row.update(_actions(given), condition=TaskRow.task_id.exists())
    except UpdateError as error:
        if condition_failed(error):
            raise NotFound from None
        raise
    return row.to_task()


def _actions(given: Mapping[str, Any]) -> list[Action]:
    now = clock.now()
    actions: list[Action] = [TaskRow.updated_at.set(now), TaskRow.version.add(1)]
    for name, value in given.items():
        if name == "due_date":
            actions.append(TaskRow.due_at.set(value.isoformat()) if value else TaskRow.due_at.remove())
        else:
            actions.append(getattr(TaskRow, name).set(value))
        if name == "completed":
            since = TaskRow.completed_at.set(TaskRow.completed_at | now)
            actions.append(since if value else TaskRow.completed_at.remove())
    return actions


def _start(owner: str, cursor: str | None) -> dict[str, Any] | None:
    if cursor is None:
        return None
    try:
        return {"user_id": {"S": owner}, "task_id": {"S": task_id(cursor)}}
    except NotFound:
        raise InvalidInput("[query.cursor] This cursor was not made by this service.") from None
