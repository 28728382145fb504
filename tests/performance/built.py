"""The folders that `sam build` made, and the template that it made of ours, laid out as Lambda lays them out."""

import os
import runpy
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from gatehouse_dev.model import Function
from gatehouse_dev.template import load
from gatehouse_dev.template_file import parse_template
from tests.performance.packages import CACHE

BUILT = CACHE / "built"


class NotBuilt(Exception):
    """There is nothing to measure."""


class Built:
    """A build. While entered, the layers of a function lie over each other, as they do in /opt."""

    def __init__(self, folder: Path, parameters: Mapping[str, str]) -> None:
        """NotBuilt when there is none in `folder`."""
        if not (folder / "template.yaml").is_file():
            raise NotBuilt(f"nothing was built in {folder}: `make bench` does it")
        declared = parse_template(folder / "template.yaml").get("Parameters") or {}  # it may be older than our template
        known = {name: value for name, value in parameters.items() if name in declared}
        self._template = load(folder / "template.yaml", known)
        self._opt: dict[tuple[str, ...], Path] = {}
        CACHE.mkdir(parents=True, exist_ok=True)
        self._temporary = TemporaryDirectory(dir=CACHE, prefix="opt-")  # hard links stay on one file system

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    @property
    def functions(self) -> dict[str, Function]:
        """Those that have routes, by name."""
        return {name: function for name, function in self._template.functions.items() if function.routes}

    def opt(self, function: str) -> Path:
        """What is /opt/python for a function."""
        layers = self._layers(function)
        if layers not in self._opt:
            merged = self._opt[layers] = Path(self._temporary.name, "-".join(layers))
            for layer in layers:
                shutil.copytree(self._folder(layer) / "python", merged, copy_function=os.link, dirs_exist_ok=True)
        return self._opt[layers]

    def asset(self, name: str) -> str:
        """What the pages of this build call a file."""
        assets = runpy.run_path(str(self._folder("CommonLayer") / "python/gatehouse/pages/assets.py"))
        found: str = assets["find_asset"](name).name
        return found

    def sizes(self, functions: Iterable[str]) -> dict[str, int]:
        """The bytes of each layer that some functions have."""
        layers = dict.fromkeys(layer for function in functions for layer in self._layers(function))
        return {layer: size(self._folder(layer)) for layer in layers}

    def _layers(self, function: str) -> tuple[str, ...]:
        arns: list[str] = self._template.resources[function]["Properties"].get("Layers", [])
        return tuple(arn.split(":")[6] for arn in arns)

    def _folder(self, layer: str) -> Path:
        return self._template.path.parent / str(self._template.resources[layer]["Properties"]["ContentUri"])


def size(folder: Path) -> int:
    """The bytes of all files below."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
