"""Notes what functions compile while they are imported: `python -m gatehouse_dev.noting FILE FOLDER …`.

For a process of its own that has the built layer on its path. What is noted is what `gatehouse.remembered`
gives back.
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

notes: dict[tuple[str, str | bytes, int], bytes] = {}


def main(file: str, *folders: str) -> None:
    """Import the handler of each folder, and write down what was compiled; print the names of all modules.

    The templates of pages become modules, which takes the settings of a function, as importing does.
    """
    listen()
    sys.path.insert(0, "")
    for folder in folders:
        sys.path[0] = folder
        sys.modules.pop("handler", None)
        importlib.import_module("handler")
    from gatehouse import dynamodb  # noqa: PLC0415 -- a part of what is noted
    from gatehouse.pages import rendering  # noqa: PLC0415 -- the path is complete only now

    _ = dynamodb.connection().client
    rendering.environment().compile_templates(rendering.FOLDER / rendering.COMPILED, zip=None, ignore_errors=False)
    write(file)
    print(*sys.modules)  # noqa: T201 -- the build reads it


def listen() -> None:
    """Note whatever is compiled from now on."""
    real, taken = _compiler.compile, list[Any]()

    def code(kind: str, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        made = compile(text, "<string>", kind)
        notes[kind, text, 0] = marshal.dumps(made)
        return made

    def keep(*given: Any) -> Any:
        taken[:] = given
        return _sre.compile(*given)

    def pattern(text: Any, flags: int = 0) -> Any:
        made = real(text, flags)
        if isinstance(text, str | bytes):
            notes["re", text, int(flags)] = marshal.dumps(plain(tuple(taken)))
        return made

    vars(dataclasses)["exec"] = lambda text, names, found: exec(code("exec", text), names, found)  # noqa: S102 -- as they do  # nosec B102
    vars(collections)["eval"] = lambda text, names: eval(code("eval", text), names)  # noqa: S307 -- the same  # nosec B307
    vars(typing)["compile"] = lambda text, _name, kind: code(kind, text)
    _compiler._sre = SimpleNamespace(**vars(_sre) | {"compile": keep})  # noqa: SLF001 -- where it hands its work on
    _compiler.compile = pattern


def plain(value: Any) -> Any:
    """`value` as marshal takes it: opcodes and flags are numbers of classes of their own."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return int(value) if isinstance(value, int) else value


def write(file: str) -> None:
    """Write down what was compiled so far."""
    from gatehouse.remembered import PYTHON  # noqa: PLC0415 -- the path is complete only now

    Path(file).write_bytes(PYTHON + marshal.dumps(notes))


if __name__ == "__main__":
    main(*sys.argv[1:])
