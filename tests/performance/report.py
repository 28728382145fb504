"""Reports measurements as a table and as JSON."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.performance.figures import Figures, cpu_ratios, document, ratios

WIDTH = 22  # of names


def _ratio(name: str) -> Callable[[Figures, Figures], float | None]:
    return lambda one, bare: next((ratio.value for ratio in ratios(one, bare) if ratio.name == name), None)


def _cpu(name: str) -> Callable[[Figures, Figures], float | None]:
    return lambda one, bare: cpu_ratios(one, bare).get(name)


def _time(name: str) -> Callable[[Figures, Figures], float | None]:
    return lambda one, _: getattr(one.times, name, None)


def _counted(name: str) -> Callable[[Figures, Figures], float | None]:
    return lambda one, _: getattr(one.instructions, name) / 1e6 if one.instructions else None


COLUMNS: tuple[tuple[str, str, Callable[[Figures, Figures], float | None]], ...] = (
    ("instructions", "cold M", _counted("cold")),
    ("", "× bare", _ratio("cold")),
    ("", "1st÷later", _ratio("first ÷ later")),
    ("", "later M", _counted("later")),
    ("", "×bare/call", _ratio("warm")),
    ("CPU ms", "init", _time("init_cpu")),
    ("", "first", _time("first_cpu")),
    ("", "later", _time("later_cpu")),
    ("", "cold×bare", _cpu("cold")),
    ("", "1st÷later", _cpu("first ÷ later")),
    ("wall ms", "init", _time("init")),
    ("", "first", _time("first")),
    ("", "later", _time("later")),
    ("", "peak MiB", _time("peak_mib")),
    ("", "modules", lambda one, _: one.inventory.modules),
    ("", "files", lambda one, _: one.inventory.files),
    ("", "calls", lambda one, _: one.inventory.trips),
    ("", "status", lambda one, _: one.request.status),
)


def table(every: list[Figures], bare: Figures) -> Iterator[str]:
    """Return the table with a line per subject; cells without a measurement are empty."""
    yield " " * WIDTH + "".join(f"{group:>{_width(title)}}" for group, title, _ in COLUMNS)
    yield " " * WIDTH + "".join(f"{title:>{_width(title)}}" for _, title, _ in COLUMNS)
    for one in every:
        cells = [f"{_number(column(one, bare)):>{_width(title)}}" for _, title, column in COLUMNS]
        yield f"{one.name:{WIDTH}}{''.join(cells)}  {_remark(one)}".rstrip()


def write(path: Path, every: list[Figures], bare: Figures, about: dict[str, Any]) -> None:
    """Write all figures as JSON."""
    whole = about | {"subjects": {one.name: document(one, bare) for one in every}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _width(title: str) -> int:
    return max(7, len(title)) + 2


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _remark(one: Figures) -> str:
    parts = [one.request.about, "hashing counted apart" if one.request.hashes else ""]
    return "; ".join(part for part in parts if part)
