"""anyio finds its exports by parsing its own source at each start; here they are a table."""

import anyio.abc
from anyio._lazyimport import _build_lazy_map

SAVES = 69
UPSTREAM = "Write the map of lazy exports at build time: each process parses two modules with `ast`."
NEEDED = "import anyio._lazyimport as lazy; needed = 'ast' in vars(lazy) and '_MAPS' not in vars(lazy)"


def _with_maps(source: str) -> str:
    maps = {package.__name__: _build_lazy_map(package) for package in (anyio, anyio.abc)}
    return f"{source}\n_MAPS = {maps!r}\ndef _build_lazy_map(module): return _MAPS[module.__name__]\n"


FILES = {"anyio/_lazyimport.py": _with_maps}
