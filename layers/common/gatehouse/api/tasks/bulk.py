"""Bulk operations: each item of a request is independent and has its own result."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt, TypeAdapter, ValidationError

from gatehouse.api_model import StrictModel
from gatehouse.errors import InvalidInput, NotFound, Refusal
from gatehouse.tasks.flows import given_fields, run_all
from gatehouse.tasks.idempotency import FailedOperation, IdempotencyKey
from gatehouse.tasks.model import NewTask, Precondition, Task, TaskUpdate, task_id
from gatehouse.tasks.operations import Complete, Create, Delete, Operation, Update
from gatehouse.tasks.table import SummaryRow


class _Existing(StrictModel):
    id: str
    version: StrictInt | None = None

    @property
    def precondition(self) -> Precondition:
        """The precondition of the version that the client saw, if it sends one."""
        return Precondition(match=frozenset({f'"{self.version}"'}) if self.version is not None else None)


class CreateItem(StrictModel):
    """Create a task."""

    op: Literal["create"]
    task: NewTask

    def operation(self) -> Operation:
        """Return the operation."""
        return Create(new=self.task)


class UpdateItem(_Existing):
    """Update some fields of a task."""

    op: Literal["update"]
    changes: TaskUpdate

    def operation(self) -> Operation:
        """Return the operation."""
        return Update(task_id=task_id(self.id), fields=given_fields(self.changes), precondition=self.precondition)


class CompleteItem(_Existing):
    """Complete or reopen a task; without `completed`, toggle it."""

    op: Literal["complete"]
    completed: StrictBool | None = None

    def operation(self) -> Operation:
        """Return the operation."""
        return Complete(task_id=task_id(self.id), completed=self.completed, precondition=self.precondition)


class DeleteItem(_Existing):
    """Delete a task."""

    op: Literal["delete"]

    def operation(self) -> Operation:
        """Return the operation."""
        return Delete(task_id=task_id(self.id), precondition=self.precondition)


type Item = Annotated[CreateItem | UpdateItem | CompleteItem | DeleteItem, Field(discriminator="op")]

MAX_BULK_SIZE = 2560 * 1024  # bytes: 100 tasks of 1700 characters, escaped with up to 12 bytes each, and their fields
_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
_STATUS: dict[type, int] = {Create: 201, Delete: 204}


class ItemError(BaseModel):
    """The error of an item."""

    code: str
    message: str


class ItemResult(BaseModel):
    """The result of one item: the status that a single request would have had, and the task or the error."""

    status: int
    task: Task | None = None
    error: ItemError | None = None


def run_bulk(
    owner: str, items: Sequence[Any], key: IdempotencyKey | None, summary: SummaryRow | None = None
) -> list[ItemResult]:
    """Run the operation of each item, in order. A failed item affects no other.

    `summary` saves a read. Raises IdempotencyKeyReused, TooManyRequests.
    """
    parsed = [_parse_item(item) for item in items]
    operations = _with_ordered_ids([entry for entry in parsed if not isinstance(entry, FailedOperation)])
    outcomes = iter(run_all(owner, operations, key, summary))
    return [
        _result(Create, entry) if isinstance(entry, FailedOperation) else _result(type(entry), next(outcomes))
        for entry in parsed
    ]


def delete_many(owner: str, ids: Sequence[str], key: IdempotencyKey | None) -> tuple[list[str], list[str]]:
    """Delete tasks by their ids, in any spelling; returns the deleted ids and those not found, each once."""
    requested: dict[str, str] = {}
    for text in ids:
        requested.setdefault(_canonical_id(text), text)
    results = run_bulk(owner, [{"op": "delete", "id": name} for name in requested], key)
    deleted = [text for text, result in zip(requested.values(), results, strict=True) if result.error is None]
    return deleted, [text for text in requested.values() if text not in deleted]


def _canonical_id(text: str) -> str:
    try:
        return task_id(text)
    except NotFound:
        return text


def _with_ordered_ids(operations: Sequence[Operation]) -> list[Operation]:
    """Give the new tasks ids in the order of the request: ids made in one millisecond are in random order."""
    ids = iter(sorted(operation.task_id for operation in operations if isinstance(operation, Create)))
    return [
        replace(operation, task_id=next(ids)) if isinstance(operation, Create) else operation
        for operation in operations
    ]


def _parse_item(item: Any) -> Operation | FailedOperation:
    try:
        return _ITEM.validate_python(item).operation()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        return FailedOperation.of(InvalidInput("; ".join(_message(entry["loc"][1:], entry["msg"]) for entry in wrong)))
    except Refusal as refusal:
        return FailedOperation.of(refusal)


def _message(field: Sequence[str | int], message: str) -> str:
    if not field:  # pydantic would repeat what was sent as `op`
        return "[op] Send an object whose op is create, update, complete or delete"
    return f"[{'.'.join(map(str, field))}] {message.removeprefix('Value error, ')}"


def _result(kind: type, outcome: Task | FailedOperation | None) -> ItemResult:
    if isinstance(outcome, FailedOperation):
        return ItemResult(status=outcome.status, error=ItemError(code=outcome.code, message=outcome.message))
    return ItemResult(status=_STATUS.get(kind, 200), task=outcome)
