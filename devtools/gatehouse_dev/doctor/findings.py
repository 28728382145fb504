"""What a check found."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How serious a finding is: a problem keeps users from something, a warning may be intended."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found, a sentence, and how to mend it: commands and steps, one on each line."""

    check: str = ""
    level: Level
    message: str
    remedy: tuple[str, ...] = ()


type Findings = Iterator[Finding]


def ok(message: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(level=Level.OK, message=message)


def warning(message: str, *remedy: str) -> Finding:
    """Return a finding that may be intended."""
    return Finding(level=Level.WARNING, message=message, remedy=remedy)


def problem(message: str, *remedy: str) -> Finding:
    """Return a finding that keeps users from something."""
    return Finding(level=Level.PROBLEM, message=message, remedy=remedy)
