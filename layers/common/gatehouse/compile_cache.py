"""Caches of code that Python compiles at import time, besides modules. They save a quarter of a cold start.

Dataclasses, named tuples and string annotations are compiled from generated source, and regular expressions by `re`.
`make build` records the results (`gatehouse_dev.precompile`): those of the layer in one file, and those of a handler
beside it. Here they are looked up. Code that is not there is compiled as usual, and so is all code if a file is missing
or was made by another Python, with GATEHOUSE_COMPILE_CACHE=off in the environment, and before a snapshot (SnapStart).
"""
# ruff: noqa: S302 -- the caches are deployed with the code, like all bytecode

import _sre
import collections
import dataclasses
import os
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import MAGIC_NUMBER
from marshal import loads
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]
from types import CodeType
from typing import Any

FILE_NAME = "compile_cache.bin"
FOLDERS = Path(__file__).parent, Path(os.environ.get("LAMBDA_TASK_ROOT", ""))
PYTHON_TAG = MAGIC_NUMBER + bytes(f"{_sre.MAGIC} {_sre.CODESIZE} ", "ascii")  # of bytecode and regular expressions

type Key = tuple[str, str | bytes, int]  # kind, text and flags


@contextmanager
def use_compile_cache(find: Callable[[Key], bytes | None]) -> Iterator[None]:
    """Use what `find` returns of a cache in all imports inside."""
    original = _compiler.compile
    of_dataclasses, of_collections, of_typing = map(vars, (dataclasses, collections, typing))

    def code(text: str, name: str, kind: str) -> CodeType:
        found = find((kind, text, 0))
        return loads(found) if found else compile(text, name, kind)  # nosec B302

    def pattern(text: Any, flags: int = 0) -> Any:
        found = find(("re", text, int(flags)))
        return _sre.compile(*loads(found)) if found else original(text, flags)  # nosec B302

    # These modules use the built-in functions; a global of the same name replaces them.
    of_dataclasses["exec"] = lambda text, names, found: exec(code(text, "<string>", "exec"), names, found)  # noqa: S102 -- as they do  # nosec B102
    of_collections["eval"] = lambda text, names: eval(code(text, "<string>", "eval"), names)  # noqa: S307 -- the same  # nosec B307
    of_typing["compile"] = code
    _compiler.compile = pattern
    try:
        yield
    finally:
        del of_dataclasses["exec"], of_collections["eval"], of_typing["compile"]
        _compiler.compile = original


def load() -> dict[Key, bytes]:
    """Return the caches of the layer and of the function, if they are for this Python."""
    cache: dict[Key, bytes] = {}
    is_snapshot = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
    if is_snapshot or os.environ.get("GATEHOUSE_COMPILE_CACHE") == "off":
        return cache
    for file in (folder / FILE_NAME for folder in FOLDERS):
        if file.exists() and (content := file.read_bytes()).startswith(PYTHON_TAG):
            cache |= loads(content[len(PYTHON_TAG) :])  # nosec B302
    return cache
