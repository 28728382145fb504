"""anyio finds its exports by parsing its own source at each start; here they are a table."""

from typing import Any

import anyio._lazyimport
import anyio.abc

SAVES = 69
UPSTREAM = (
    "Write the map of lazy exports at build time: `_build_lazy_map` parses two modules with `ast` in each process."
)
NEEDED = "import anyio._lazyimport as lazy; needed = 'ast' in vars(lazy) and '_MAPS' not in vars(lazy)"


def _maps() -> dict[str, Any]:
    packages = (anyio, anyio.abc)
    return {package.__name__: anyio._lazyimport._build_lazy_map(package) for package in packages}  # noqa: SLF001 -- anyio's own function


def _with_maps(source: str) -> str:
    return f"{source}\n_MAPS = {_maps()!r}\ndef _build_lazy_map(module): return _MAPS[module.__name__]\n"


FILES = {"anyio/_lazyimport.py": _with_maps}
