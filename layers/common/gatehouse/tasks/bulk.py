"""Many things to do in one request: each item stands for itself, and is answered in its place."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, TypeAdapter, ValidationError

from gatehouse.errors import InvalidInput, NotFound, Refusal
from gatehouse.tasks.flows import checked, do_all
from gatehouse.tasks.model import Changes, NewTask, Precondition, Task, task_id
from gatehouse.tasks.operations import Change, Complete, Create, Operation, Remove
from gatehouse.tasks.receipts import Once, Refused


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Existing(_Item):
    id: str
    version: StrictInt | None = None

    @property
    def when(self) -> Precondition:
        """Only in the version that the client saw, if it names one."""
        return Precondition(match=frozenset({f'"{self.version}"'}) if self.version is not None else None)


class CreateItem(_Item):
    """A new task."""

    op: Literal["create"]
    task: NewTask

    def operation(self) -> Operation:
        """What it asks for."""
        return Create(new=self.task)


class UpdateItem(_Existing):
    """New values for some fields of a task."""

    op: Literal["update"]
    changes: Changes

    def operation(self) -> Operation:
        """What it asks for."""
        return Change(task_id=task_id(self.id), given=checked(self.changes), when=self.when)


class CompleteItem(_Existing):
    """A task completed or reopened; without `completed`, the other way round."""

    op: Literal["complete"]
    completed: StrictBool | None = None

    def operation(self) -> Operation:
        """What it asks for."""
        return Complete(task_id=task_id(self.id), completed=self.completed, when=self.when)


class DeleteItem(_Existing):
    """A task that is to go."""

    op: Literal["delete"]

    def operation(self) -> Operation:
        """What it asks for."""
        return Remove(task_id=task_id(self.id), when=self.when)


type Item = Annotated[CreateItem | UpdateItem | CompleteItem | DeleteItem, Field(discriminator="op")]

_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
_STATUS: dict[type, int] = {Create: 201, Remove: 204}


class ItemError(BaseModel):
    """Why an item was not done."""

    code: str
    message: str


class ItemResult(BaseModel):
    """What became of one item: the status that its own request would have had, and the task or the error."""

    status: int
    task: Task | None = None
    error: ItemError | None = None


def bulk(owner: str, items: Sequence[Any], once: Once | None) -> list[ItemResult]:
    """Do what each item asks for, in order. A bad one spoils no other. Raises IdempotencyKeyReused."""
    asked = [_asked(item) for item in items]
    operations = _in_order([entry for entry in asked if not isinstance(entry, Refused)])
    outcomes = iter(do_all(owner, operations, once))
    return [
        _result(Create, entry) if isinstance(entry, Refused) else _result(type(entry), next(outcomes))
        for entry in asked
    ]


def remove_many(owner: str, ids: Sequence[str], once: Once | None) -> tuple[list[str], list[str]]:
    """Delete tasks by their ids, in any spelling; those that went, and those that were not there, each once."""
    asked: dict[str, str] = {}
    for text in ids:
        asked.setdefault(_one_spelling(text), text)
    results = bulk(owner, [{"op": "delete", "id": name} for name in asked], once)
    gone = [text for text, result in zip(asked.values(), results, strict=True) if result.error is None]
    return gone, [text for text in asked.values() if text not in gone]


def _one_spelling(text: str) -> str:
    try:
        return task_id(text)
    except NotFound:
        return text


def _in_order(operations: Sequence[Operation]) -> list[Operation]:
    """The same; ids made in one millisecond are in no order, but tasks are to be in that of the request."""
    ids = iter(sorted(operation.task_id for operation in operations if isinstance(operation, Create)))
    return [
        replace(operation, task_id=next(ids)) if isinstance(operation, Create) else operation
        for operation in operations
    ]


def _asked(item: Any) -> Operation | Refused:
    try:
        return _ITEM.validate_python(item).operation()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        return Refused.of(InvalidInput("; ".join(_told(entry["loc"][1:], entry["msg"]) for entry in wrong)))
    except Refusal as refusal:
        return Refused.of(refusal)


def _told(field: Sequence[str | int], message: str) -> str:
    if not field:  # pydantic would repeat what was sent as `op`
        return "[op] Send an object whose op is create, update, complete or delete"
    return f"[{'.'.join(map(str, field))}] {message.removeprefix('Value error, ')}"


def _result(kind: type, outcome: Task | Refused | None) -> ItemResult:
    if isinstance(outcome, Refused):
        return ItemResult(status=outcome.status, error=ItemError(code=outcome.code, message=outcome.message))
    return ItemResult(status=_STATUS.get(kind, 200), task=outcome)
