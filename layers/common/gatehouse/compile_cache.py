"""A cache of code that Python compiles at import time, besides modules. It saves a quarter of a cold start.

Dataclasses, named tuples and string annotations are compiled from generated source, and regular expressions by `re`.
`make build` records the results (`gatehouse_dev.precompile`); here they are looked up. Code that is not in the cache is
compiled as usual, and so is all code if the cache is missing or was made by another Python, with
GATEHOUSE_COMPILE_CACHE=off in the environment, and before a snapshot (SnapStart), where the time does not count.
"""
# ruff: noqa: S302 -- the cache is in the layer, like all bytecode

import _sre
import collections
import dataclasses
import os
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import MAGIC_NUMBER
from marshal import loads
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]
from typing import Any

CACHE_FILE = Path(__file__).with_name("compile_cache.bin")
# The versions of bytecode and of compiled regular expressions.
PYTHON_TAG = MAGIC_NUMBER + bytes(f"{_sre.MAGIC} {_sre.CODESIZE} ", "ascii")

type CompileCache = dict[tuple[str, str | bytes, int], bytes]


@contextmanager
def use_compile_cache() -> Iterator[None]:
    """Use the cache for all imports inside."""
    cache, original = load(), _compiler.compile
    of_dataclasses, of_collections, of_typing = map(vars, (dataclasses, collections, typing))

    def code(kind: str, text: Any) -> Any:
        found = cache.get((kind, text, 0)) if isinstance(text, str) else None
        return loads(found) if found else text  # nosec B302

    def compiled(text: Any, name: str, kind: str) -> Any:
        known = code(kind, text)
        return compile(text, name, kind) if known is text else known

    def pattern(text: Any, flags: int = 0) -> Any:
        found = cache.get(("re", text, int(flags))) if isinstance(text, str | bytes) else None
        return _sre.compile(*loads(found)) if found else original(text, flags)  # nosec B302

    # These modules use the built-in functions; a global of the same name replaces them.
    of_dataclasses["exec"] = lambda text, names, found: exec(code("exec", text), names, found)  # noqa: S102 -- as they do  # nosec B102
    of_collections["eval"] = lambda text, names: eval(code("eval", text), names)  # noqa: S307 -- the same  # nosec B307
    of_typing["compile"] = compiled
    _compiler.compile = pattern
    try:
        yield
    finally:
        del of_dataclasses["exec"], of_collections["eval"], of_typing["compile"]
        _compiler.compile = original


def load() -> CompileCache:
    """Return the cache for this Python, or an empty one."""
    is_snapshot = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
    if is_snapshot or os.environ.get("GATEHOUSE_COMPILE_CACHE") == "off":
        return {}
    content = CACHE_FILE.read_bytes() if CACHE_FILE.exists() else b""
    return loads(content[len(PYTHON_TAG) :]) if content.startswith(PYTHON_TAG) else {}  # nosec B302
