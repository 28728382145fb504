"""Many things to do in one request: each item stands for itself, and is answered in its place."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, TypeAdapter, ValidationError

from gatehouse.errors import InvalidInput, Refusal
from gatehouse.tasks.flows import checked, do_all
from gatehouse.tasks.model import Changes, NewTask, Precondition, Task, task_id
from gatehouse.tasks.operations import Change, Complete, Create, Operation, Remove
from gatehouse.tasks.receipts import Once, Refused


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Existing(_Item):
    id: str
    version: int | None = None

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
    operations = [entry for entry in asked if not isinstance(entry, Refused)]
    outcomes = iter(do_all(owner, operations, once))
    return [
        _result(Create, entry) if isinstance(entry, Refused) else _result(type(entry), next(outcomes))
        for entry in asked
    ]


def remove_many(owner: str, ids: Sequence[str], once: Once | None) -> tuple[list[str], list[str]]:
    """Delete tasks by their ids; those that went, and those that were not there."""
    names = list(dict.fromkeys(ids))
    results = bulk(owner, [{"op": "delete", "id": name} for name in names], once)
    gone = {name for name, result in zip(names, results, strict=True) if result.error is None}
    return [name for name in names if name in gone], [name for name in names if name not in gone]


def _asked(item: Any) -> Operation | Refused:
    try:
        return _ITEM.validate_python(item).operation()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"[{'.'.join(map(str, entry['loc'][1:])) or 'op'}] {entry['msg']}" for entry in wrong)
        return Refused.of(InvalidInput(told))
    except Refusal as refusal:
        return Refused.of(refusal)


def _result(kind: type, outcome: Task | Refused | None) -> ItemResult:
    if isinstance(outcome, Refused):
        return ItemResult(status=outcome.status, error=ItemError(code=outcome.code, message=outcome.message))
    return ItemResult(status=_STATUS.get(kind, 200), task=outcome)
