"""Record what functions compile at import time: `python -m gatehouse_dev.precompile FILE FOLDER …`.

Run it in a process of its own, with the built layer on its path. `gatehouse.compile_cache` uses the result.
"""

import _sre
import collections
import dataclasses
import importlib
import marshal
import sys
import typing
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]
from types import SimpleNamespace
from typing import Any

cache: dict[tuple[str, str | bytes, int], bytes] = {}


def main(file: str, *folders: str) -> None:
    """Import the handler of each folder, and write the cache.

    It also compiles the templates of pages to modules, which needs a function's settings.
    """
    record_compilations()
    sys.path.insert(0, "")
    for folder in folders:
        sys.path[0] = folder
        sys.modules.pop("handler", None)
        importlib.import_module("handler")
    from gatehouse import dynamodb  # noqa: PLC0415 -- its compilations are recorded
    from gatehouse.pages import rendering  # noqa: PLC0415 -- the path is complete only now

    _ = dynamodb.connection().client
    rendering.template_environment().compile_templates(
        rendering.FOLDER / rendering.COMPILED, zip=None, ignore_errors=False
    )
    write_cache(file)


def record_compilations() -> None:
    """Record all compilations from now on."""
    real, taken = _compiler.compile, list[Any]()

    def code(kind: str, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        made = compile(text, "<string>", kind)
        cache[kind, text, 0] = marshal.dumps(made)
        return made

    def keep(*given: Any) -> Any:
        taken[:] = given
        return _sre.compile(*given)

    def pattern(text: Any, flags: int = 0) -> Any:
        made = real(text, flags)
        if isinstance(text, str | bytes):
            cache["re", text, int(flags)] = marshal.dumps(marshallable(tuple(taken)))
        return made

    vars(dataclasses)["exec"] = lambda text, names, found: exec(code("exec", text), names, found)  # noqa: S102 -- as they do  # nosec B102
    vars(collections)["eval"] = lambda text, names: eval(code("eval", text), names)  # noqa: S307 -- the same  # nosec B307
    vars(typing)["compile"] = lambda text, _name, kind: code(kind, text)
    _compiler._sre = SimpleNamespace(**vars(_sre) | {"compile": keep})  # noqa: SLF001 -- the name by which it calls _sre
    _compiler.compile = pattern


def marshallable(value: Any) -> Any:
    """Return `value` in a form that marshal accepts: opcodes and flags are numbers with classes of their own."""
    if isinstance(value, dict):
        return {key: marshallable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(marshallable, value))
    return int(value) if isinstance(value, int) else value


def write_cache(file: str) -> None:
    """Write the recorded cache."""
    from gatehouse.compile_cache import PYTHON_TAG  # noqa: PLC0415 -- the path is complete only now

    Path(file).write_bytes(PYTHON_TAG + marshal.dumps(cache))


if __name__ == "__main__":
    main(*sys.argv[1:])
