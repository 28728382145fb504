"""The sample events under `events/`, one for each function."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"


def samples() -> list[str]:
    """Return the names of all sample events: `tasks/create_task`."""
    return sorted(path.relative_to(EVENTS).with_suffix("").as_posix() for path in EVENTS.rglob("*.json"))


def sample(name: str) -> dict[str, Any]:
    """Return a sample event."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def function_name(name: str) -> str:
    """Return the function's logical id: `tasks/create_task` is CreateTask."""
    return "".join(word.capitalize() for word in name.rpartition("/")[2].split("_"))
