"""The bytecode of all modules that functions load, from one file of each layer: a start need not find hundreds.

`make build` puts the files together (`gatehouse_dev.gathering`). Modules lie in their folders all the same: what is not
in such a file, or all where there is none or another Python's, is imported as ever.
"""
# ruff: noqa: S302 -- the files lie in the layers, as all bytecode does

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.machinery import ModuleSpec, SourcelessFileLoader
from importlib.util import MAGIC_NUMBER
from marshal import loads
from types import CodeType, ModuleType

FILES = ("packages.bin", "gatehouse.bin")
START = len(MAGIC_NUMBER) + 4  # before the index: of which Python all is, and how long the index is


@cache
def gather() -> None:
    """From now on, take modules from the files that lie where Python looks for modules."""
    for folder in sys.path:
        for name in FILES:
            with suppress(OSError):
                sys.meta_path.insert(0, Gathered(folder, os.open(f"{folder}/{name}", os.O_RDONLY)))


class Gathered:
    """Finds modules in a file, which stays open: some are imported late."""

    def __init__(self, folder: str, file: int) -> None:
        """`folder` is where the modules lie, too."""
        self._folder = folder
        self._file = file
        head = os.pread(file, START, 0)
        of_this_python = head.startswith(MAGIC_NUMBER)
        self._first = START + int.from_bytes(head[-4:], "little")
        # By name: the path, whether it is a package, where its bytecode is and how long.
        self._index = loads(os.pread(file, self._first - START, START)) if of_this_python else {}  # nosec B302

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        """As Python asks of its finders."""
        if not (found := self._index.get(name)):
            return None
        relative, is_package, offset, size = found
        place = f"{self._folder}/{relative}"
        loader = _Loader(name, place, self._file, self._first + offset, size)
        spec = ModuleSpec(name, loader, origin=place, is_package=is_package)
        spec.has_location, spec.cached = True, place
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(place.rpartition("/")[0])
        return spec


class _Loader(SourcelessFileLoader):
    """Differs from Python's own in where it has the bytecode from."""

    def __init__(self, name: str, place: str, file: int, offset: int, size: int) -> None:
        super().__init__(name, place)
        self._where = (file, size, offset)

    def get_code(self, _name: str) -> CodeType:
        code: CodeType = loads(os.pread(*self._where))  # nosec B302
        return code
