"""Write the archive of bytecode of each layer, which `gatehouse.bytecode_archive` reads."""

import marshal
from collections.abc import Iterable
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from gatehouse_dev.compilation import TAG

_HEAD = 16  # bytes of a .pyc before the code


def write_archive(layer: Path, file: str, names: Iterable[str]) -> None:
    """Write the named modules of a layer to the archive `file`."""
    index: dict[str, tuple[str, bool, int, int]] = {}
    codes = bytearray()
    for name in sorted(names):
        stem = layer / name.replace(".", "/")
        for path, is_package in ((stem / "__init__", True), (stem, False)):
            for module, compiled in _paths(path):
                if compiled.is_file():
                    code = compiled.read_bytes()[_HEAD:]
                    index[name] = (str(module.relative_to(layer)), is_package, len(codes), len(code))
                    codes += code
    written = marshal.dumps(index)
    (layer / file).write_bytes(MAGIC_NUMBER + len(written).to_bytes(4, "little") + written + codes)


def layer_modules(layer: Path) -> set[str]:
    """Return the names of all modules of a layer that has sources."""
    paths = (path.relative_to(layer).with_suffix("") for path in layer.rglob("*.py"))
    return {".".join(path.parent.parts if path.name == "__init__" else path.parts) for path in paths}


def _paths(path: Path) -> tuple[tuple[Path, Path], ...]:
    """Return pairs of a module's `__file__` and the path of its bytecode: in place of its source, or beside it."""
    alone = path.with_name(f"{path.name}.pyc")
    return (alone, alone), (path.with_name(f"{path.name}.py"), path.parent / "__pycache__" / f"{path.name}.{TAG}.pyc")
