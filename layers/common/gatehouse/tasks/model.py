"""What a task is, and what may be said of one."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from gatehouse import clock
from gatehouse.errors import NotFound
from gatehouse.tasks.due import Due
from gatehouse.wire import Moment

_MOST_TAGS, _LONGEST_TAGS = 20, 500


class Priority(StrEnum):
    """How much a task matters."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _one_word(tag: str) -> str:
    if len(tag.split()) != 1:
        raise ValueError("A tag is one word, without spaces")
    return tag


def _few(tags: list[str]) -> list[str]:
    if sum(map(len, tags)) > _LONGEST_TAGS:
        raise ValueError(f"All tags together may have at most {_LONGEST_TAGS} characters")
    return list(dict.fromkeys(tags))


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=1000)]
AnyCasePriority = Annotated[Priority, BeforeValidator(_lowered)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1), AfterValidator(_one_word)]
Tags = Annotated[list[Tag], Field(max_length=_MOST_TAGS), AfterValidator(_few)]


class NewTask(BaseModel):
    """What a task begins as; its owner is whoever sends it."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    description: Description = ""
    priority: AnyCasePriority = Priority.MEDIUM
    due_date: Due | None = None
    tags: Tags = []


class Changes(BaseModel):
    """What to change of a task: what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    title: Title = ""
    description: Description = ""
    priority: AnyCasePriority = Priority.MEDIUM
    due_date: Due | None = None
    tags: Tags = []
    completed: StrictBool = False


class Task(BaseModel):
    """A task as its owner sees it."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    description: str
    completed: bool
    completed_at: Moment | None
    priority: Priority
    due_date: str | None
    tags: list[str]
    created_at: Moment
    updated_at: Moment
    version: int

    @property
    def etag(self) -> str:
        """What tells this state of the task from any other."""
        return f'"{self.version}"'


class TaskPage(BaseModel):
    """Some of a person's tasks; `cursor` asks for the next ones, null means that these are the last."""

    tasks: list[Task]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose tasks, and the key that their cursors are sealed with."""

    id: str
    cursor_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """In which states a task may be touched, by their etags; `*` is any, None says nothing (RFC 9110, 13.1)."""

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def holds(self, task: Task) -> bool:
        """Whether the task is in such a state."""
        names = {task.etag, "*"}
        return (self.match is None or bool(self.match & names)) and not (self.none_match or frozenset()) & names


ANY_STATE = Precondition()


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
