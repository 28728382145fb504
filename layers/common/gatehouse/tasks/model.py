"""What a task is, and what may be said of one."""

import re
import secrets
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, StringConstraints

from gatehouse import clock
from gatehouse.errors import NotFound
from gatehouse.wire import Moment

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Priority(StrEnum):
    """How much a task matters."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _written_out(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError("Write the date as 2026-11-21")
    return value


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=1000)]
DueDate = Annotated[date, BeforeValidator(_written_out)]  # pydantic would take seconds since 1970, too
AnyCasePriority = Annotated[Priority, BeforeValidator(_lowered)]


class NewTask(BaseModel):
    """What a task begins as; its owner is whoever sends it."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    description: Description = ""
    priority: AnyCasePriority = Priority.MEDIUM
    due_date: DueDate | None = None


class Changes(BaseModel):
    """What to change of a task: what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    title: Title = ""
    description: Description = ""
    priority: AnyCasePriority = Priority.MEDIUM
    due_date: DueDate | None = None
    completed: StrictBool = False


class Task(BaseModel):
    """A task as its owner sees it."""

    id: str
    title: str
    description: str
    completed: bool
    completed_at: Moment | None
    priority: Priority
    due_date: date | None
    created_at: Moment
    updated_at: Moment
    version: int


class TaskPage(BaseModel):
    """Some of a person's tasks, newest first; `cursor` asks for the next ones, null means that these are the last."""

    tasks: list[Task]
    cursor: str | None


def new_task_id() -> str:
    """A UUID whose order is that of time (version 7, RFC 9562)."""
    milliseconds = int(clock.now().timestamp() * 1000)
    random = secrets.randbits(74)
    value = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1
    return str(UUID(int=value))


def task_id(text: str) -> str:
    """The one spelling of an id; raises NotFound for what cannot be one."""
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound from None
