"""What Python compiles while a function is imported and no bytecode of a module spares: a quarter of a cold start.

Dataclasses, named tuples and annotations in quotes are put together as text and compiled when their module is run, and
regular expressions are compiled by Python itself. `make build` notes what comes of each (`gatehouse_dev.noting`), and
here it is given back. What was not noted is compiled as ever: where the notes are missing, or are another Python's,
nothing changes but the time.
"""
# ruff: noqa: S302 -- the notes lie in the layer, as all bytecode does

import _sre
import collections
import dataclasses
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import MAGIC_NUMBER
from marshal import loads
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]
from typing import Any

NOTES = Path(__file__).with_name("remembered.bin")
PYTHON = MAGIC_NUMBER + bytes(f"{_sre.MAGIC} {_sre.CODESIZE} ", "ascii")  # of bytecode, and of regular expressions

type Notes = dict[tuple[str, str | bytes, int], bytes]


@contextmanager
def remembered() -> Iterator[None]:
    """What is imported inside takes what was noted."""
    notes, as_ever = read(), _compiler.compile
    of_dataclasses, of_collections, of_typing = map(vars, (dataclasses, collections, typing))

    def code(kind: str, text: Any) -> Any:
        found = notes.get((kind, text, 0)) if isinstance(text, str) else None
        return loads(found) if found else text  # nosec B302

    def compiled(text: Any, name: str, kind: str) -> Any:
        known = code(kind, text)
        return compile(text, name, kind) if known is text else known

    def pattern(text: Any, flags: int = 0) -> Any:
        found = notes.get(("re", text, int(flags))) if isinstance(text, str | bytes) else None
        return _sre.compile(*loads(found)) if found else as_ever(text, flags)  # nosec B302

    # These modules have no names of their own for what is built in, until now.
    of_dataclasses["exec"] = lambda text, names, found: exec(code("exec", text), names, found)  # noqa: S102 -- as they do  # nosec B102
    of_collections["eval"] = lambda text, names: eval(code("eval", text), names)  # noqa: S307 -- the same  # nosec B307
    of_typing["compile"] = compiled
    _compiler.compile = pattern
    try:
        yield
    finally:
        del of_dataclasses["exec"], of_collections["eval"], of_typing["compile"]
        _compiler.compile = as_ever


def read() -> Notes:
    """The notes of this very Python; none where there are no such."""
    content = NOTES.read_bytes() if NOTES.exists() else b""
    return loads(content[len(PYTHON) :]) if content.startswith(PYTHON) else {}  # nosec B302
