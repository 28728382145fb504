"""The result of `sam build`, laid out as in Lambda."""

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
    """There is no build."""


class Built:
    """A build. While entered, the layers of a function are merged as in /opt."""

    def __init__(self, folder: Path, parameters: Mapping[str, str]) -> None:
        """Load the build; NotBuilt if `folder` has none."""
        if not (folder / "template.yaml").is_file():
            raise NotBuilt(f"nothing was built in {folder}: `make bench` does it")
        declared = (
            parse_template(folder / "template.yaml").get("Parameters") or {}
        )  # the build may be older than the template
        known = {name: value for name, value in parameters.items() if name in declared}
        self._template = load(folder / "template.yaml", known)
        self._opt: dict[tuple[str, ...], Path] = {}
        CACHE.mkdir(parents=True, exist_ok=True)
        self._temporary = TemporaryDirectory(dir=CACHE, prefix="opt-")  # hard links need the same file system

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    @property
    def functions(self) -> dict[str, Function]:
        """The functions with routes, by name."""
        return {name: function for name, function in self._template.functions.items() if function.routes}

    def opt(self, function: str) -> Path:
        """Return the folder that is /opt/python for a function."""
        layers = self._layers(function)
        if layers not in self._opt:
            merged = self._opt[layers] = Path(self._temporary.name, "-".join(layers))
            for layer in layers:
                shutil.copytree(self._folder(layer) / "python", merged, copy_function=os.link, dirs_exist_ok=True)
        return self._opt[layers]

    def asset(self, name: str) -> str:
        """Return the name of an asset in this build."""
        assets = runpy.run_path(str(self._folder("CommonLayer") / "python/gatehouse/pages/assets.py"))
        found: str = assets["find_asset"](name).name
        return found

    def sizes(self, functions: Iterable[str]) -> dict[str, int]:
        """Return the bytes of each layer of these functions."""
        layers = dict.fromkeys(layer for function in functions for layer in self._layers(function))
        return {layer: size(self._folder(layer)) for layer in layers}

    def _layers(self, function: str) -> tuple[str, ...]:
        arns: list[str] = self._template.resources[function]["Properties"].get("Layers", [])
        return tuple(arn.split(":")[6] for arn in arns)

    def _folder(self, layer: str) -> Path:
        return self._template.path.parent / str(self._template.resources[layer]["Properties"]["ContentUri"])


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
