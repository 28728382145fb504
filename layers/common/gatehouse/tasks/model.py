"""Tasks: their values and the rules for them."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from gatehouse import clock
from gatehouse.api_model import StrictModel, Timestamp
from gatehouse.errors import NotFound
from gatehouse.tasks.due import Due
from gatehouse.tasks.folding import fold

_MOST_TAGS, _LONGEST_TAGS = 20, 500


class Priority(StrEnum):
    """The priority of a task."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _check_one_word(tag: str) -> str:
    if len(tag.split()) != 1:
        raise ValueError("A tag is one word, without spaces")
    return tag.replace("i\u0307", "i")  # the lower case of İ, which is shown with a second dot


def _check_tags(tags: list[str]) -> list[str]:
    if sum(map(len, tags)) > _LONGEST_TAGS:
        raise ValueError(f"All tags together may have at most {_LONGEST_TAGS} characters")
    spellings: dict[str, str] = {}
    for tag in tags:
        spellings.setdefault(fold(tag), tag)
    return list(spellings.values())


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=1000)]
AnyCasePriority = Annotated[Priority, BeforeValidator(_lower)]
Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1), AfterValidator(_check_one_word)
]
Tags = Annotated[list[Tag], Field(max_length=_MOST_TAGS), AfterValidator(_check_tags)]


class NewTask(StrictModel):
    """The body of a new task; its owner is the caller."""

    title: Title
    description: Description = ""
    priority: AnyCasePriority = Priority.MEDIUM
    due_date: Due | None = None
    tags: Tags = Field(default=[])


class TaskUpdate(StrictModel):
    """Changes to a task; absent fields stay unchanged."""

    title: Title = ""
    description: Description = ""
    priority: AnyCasePriority = Priority.MEDIUM
    due_date: Due | None = None
    tags: Tags = Field(default=[])
    completed: StrictBool = False


class Task(BaseModel):
    """A task as its owner sees it."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    description: str
    completed: bool
    completed_at: Timestamp | None
    priority: Priority
    due_date: str | None
    tags: list[str]
    created_at: Timestamp
    updated_at: Timestamp
    version: int

    @property
    def etag(self) -> str:
        """The ETag of this version of the task."""
        return f'"{self.version}"'


class TaskPage(BaseModel):
    """A page of tasks; `cursor` gets the next page, null means that this is the last."""

    tasks: list[Task]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The owner of tasks, and the key of their cursors."""

    id: str
    cursor_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """ETags that a task must or must not have; `*` is any, None is no condition (RFC 9110, 13.1)."""

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def holds(self, task: Task) -> bool:
        """Whether the task meets the precondition."""
        names = {task.etag, "*"}
        return (self.match is None or bool(self.match & names)) and not (self.none_match or frozenset()) & names


ANY_STATE = Precondition()


def new_task_id() -> str:
    """Return a UUID that sorts by time (version 7, RFC 9562)."""
    milliseconds = int(clock.now().timestamp() * 1000)
    random = secrets.randbits(74)
    value = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1
    return str(UUID(int=value))


def task_id(text: str) -> str:
    """Return the canonical form of an id; raises NotFound for an invalid one."""
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound from None
