"""Record what the layer and functions compile at import time: `python devtools/gatehouse_dev/precompile.py FUNCTION …`.

Run it in a process of its own, with the built layer on its path. `gatehouse.compile_cache` uses the results.
"""

import marshal
import os
import sys
from importlib import import_module
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]
from types import FunctionType, SimpleNamespace

from gatehouse.compile_cache import FILE_NAME, PYTHON_TAG, Key, use_compile_cache

# Like `re`'s own, but it returns what that passes to `_sre.compile`.
arguments = FunctionType(
    _compiler.compile.__code__, vars(_compiler) | {"_sre": SimpleNamespace(compile=lambda *given: given)}
)
cache: dict[Key, bytes] = {}


def main(*functions: str) -> None:
    """Write a cache into the layer, and one into the folder of each function.

    The cache of a handler must not depend on other handlers: each is imported in a process of its own, which has
    imported the whole layer before.
    """
    sys.modules["pydantic.v1"] = None  # type: ignore[assignment] # FastAPI would import it; the built layer lacks it
    with use_compile_cache(record):
        layer = import_layer()
        write_cache(layer)
        for folder in functions:
            if process := os.fork():
                if os.waitpid(process, 0)[1]:
                    raise SystemExit(f"the handler in {folder} cannot be imported")
            else:
                cache.clear()
                sys.path.insert(0, folder)
                import_module("handler")
                write_cache(Path(folder))
                os._exit(0)  # quick: without freeing what was imported
    pages = import_module("gatehouse.pages.rendering")  # it needs a function's settings
    pages.template_environment().compile_templates(pages.FOLDER / pages.COMPILED, zip=None, ignore_errors=False)


def import_layer() -> Path:
    """Import all modules of the layer but the entry point, and the client; return the layer's folder."""
    layer = Path(*import_module("gatehouse").__path__)
    for path in sorted(layer.rglob("*.py")):
        if path.stem not in {"__init__", "bootstrap"}:
            import_module(".".join(path.relative_to(layer.parent).with_suffix("").parts))
    _ = import_module("gatehouse.dynamodb").connection().client
    return layer


def record(key: Key) -> bytes | None:
    """Compile a text, and return the result as the cache has it; None for what is no text."""
    kind, text, flags = key
    if not isinstance(text, str | bytes):
        return None
    if kind == "re":
        pattern, all_flags, code, *groups = arguments(text, flags)
        plain = (pattern, int(all_flags), [*map(int, code)], *groups)  # opcodes and flags have classes of their own
        cache[key] = marshal.dumps(plain)
    else:
        cache[key] = marshal.dumps(compile(text, "<string>", kind))
    return cache[key]


def write_cache(folder: Path) -> None:
    """Write what was recorded, in an order that does not depend on the order of imports."""
    (folder / FILE_NAME).write_bytes(PYTHON_TAG + marshal.dumps(dict(sorted(cache.items(), key=repr))))


if __name__ == "__main__":
    main(*sys.argv[1:])
