"""An import hook that loads modules from one archive of bytecode per layer: finding hundreds of files takes longer.

`make build` writes the archives (`gatehouse_dev.bytecode_archive`). The modules are in their folders as well: modules
that the archive lacks are imported as usual, and so are all modules if it was made by another Python.
"""
# ruff: noqa: S302 -- the files are in the layers, like all bytecode

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.machinery import ModuleSpec, SourcelessFileLoader
from importlib.util import MAGIC_NUMBER
from marshal import loads
from types import CodeType, ModuleType

ARCHIVES = ("packages.bin", "gatehouse.bin")
HEADER_SIZE = len(MAGIC_NUMBER) + 4  # before the index: Python's magic number and the length of the index


@cache
def install() -> None:
    """Install a finder for each archive on `sys.path`."""
    for folder in sys.path:
        for name in ARCHIVES:
            with suppress(OSError):
                sys.meta_path.insert(0, ArchiveFinder(folder, os.open(f"{folder}/{name}", os.O_RDONLY)))


class ArchiveFinder:
    """A meta path finder for the modules of one archive. The file stays open, because some modules
    are imported late.
    """

    def __init__(self, folder: str, file: int) -> None:
        """`folder` is the `sys.path` entry that also has the modules as files."""
        self._folder = folder
        self._file = file
        head = os.pread(file, HEADER_SIZE, 0)
        of_this_python = head.startswith(MAGIC_NUMBER)
        self._first = HEADER_SIZE + int.from_bytes(head[-4:], "little")
        # By name: the path, whether it is a package, where its bytecode is and how long.
        self._index = loads(os.pread(file, self._first - HEADER_SIZE, HEADER_SIZE)) if of_this_python else {}  # nosec B302

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module in the archive, or None."""
        if not (found := self._index.get(name)):
            return None
        relative, is_package, offset, size = found
        path = f"{self._folder}/{relative}"
        loader = _ArchiveLoader(name, path, self._file, self._first + offset, size)
        spec = ModuleSpec(name, loader, origin=path, is_package=is_package)
        spec.has_location, spec.cached = True, path
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(path.rpartition("/")[0])
        return spec


class _ArchiveLoader(SourcelessFileLoader):
    """Loads bytecode from an archive; all else is as in Python's own loader."""

    def __init__(self, name: str, path: str, file: int, offset: int, size: int) -> None:
        super().__init__(name, path)
        self._where = (file, size, offset)

    def get_code(self, _name: str) -> CodeType:
        code: CodeType = loads(os.pread(*self._where))  # nosec B302
        return code
