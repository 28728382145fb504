"""The result of `sam build`, laid out as in Lambda, and packages that are installed in .cache/bench."""

import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from gatehouse_dev.template import load
from gatehouse_dev.template_file import parse_template

ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
CACHE = ROOT / ".cache/bench"
BUILT = CACHE / "built"
CONSTRAINTS = ROOT / "requirements/dev.txt"


class NotBuilt(Exception):
    """There is no build, or it has no such function."""


class Built:
    """A build and its `functions` with routes. While entered, the layers of a function are merged as in /opt."""

    def __init__(self, folder: Path, parameters: Mapping[str, str]) -> None:
        """Load the build; NotBuilt if `folder` has none."""
        path = folder / "template.yaml"
        if not path.is_file():
            raise NotBuilt(f"nothing was built in {folder}: `make bench` does it")
        declared = parse_template(path).get("Parameters") or {}  # the build may be older than the template
        self._template = load(path, {name: value for name, value in parameters.items() if name in declared})
        self.functions = {name: function for name, function in self._template.functions.items() if function.routes}
        CACHE.mkdir(parents=True, exist_ok=True)
        self._temporary = TemporaryDirectory(dir=CACHE, prefix="opt-")  # hard links need the same file system

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    @cached_property
    def layers(self) -> dict[str, Path]:
        """The folders of the layers."""
        return {
            name: self._template.path.parent / str(resource["Properties"]["ContentUri"])
            for name, resource in self._template.resources.items()
            if resource["Type"] == "AWS::Serverless::LayerVersion"
        }

    @cached_property
    def opt(self) -> Path:
        """The folder that is /opt/python for all functions."""
        merged = Path(self._temporary.name, "python")
        for layer in self.layers.values():
            shutil.copytree(layer / "python", merged, copy_function=os.link, dirs_exist_ok=True)
        return merged

    @property
    def sizes(self) -> dict[str, int]:
        """The bytes of each layer."""
        return {
            name: sum(path.lstat().st_size for path in layer.rglob("*") if not path.is_dir())
            for name, layer in self.layers.items()
        }

    def asset(self, name: str) -> str:
        """Return the name of an asset in this build."""
        found: str = runpy.run_path(str(self.opt / "gatehouse/pages/assets.py"))["find_asset"](name).name
        return found


def runtime() -> tuple[str, ...]:
    """Return the command of Lambda's runtime interface client, with a Python that has no other package."""
    folder, requirements = CACHE / "runtime", HERE / "requirements.txt"
    with _once(folder, requirements) as wanted:
        if wanted:
            _uv("venv", "--clear", "--python", sys.executable, str(folder))
            _uv("pip", "install", "--python", str(folder), "--requirements", str(requirements))
            _compile(folder)
    return str(folder / "bin/python"), "-s", "-P", "-m", "awslambdaric"


def packed(source: Path, folder: Path, *constraints: Path) -> Path:
    """Return the folder, with the handler of `source` in `task` and its requirements in `opt`, compiled."""
    requirements, handler = source / "requirements.txt", source / "handler.py"
    with _once(folder, requirements, handler, *constraints) as wanted:
        if wanted:
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "task").mkdir(parents=True)
            shutil.copy(handler, folder / "task")
            options = (f"--target={folder / 'opt'}", *(f"--constraints={path}" for path in constraints))
            _uv("pip", "install", "--python", sys.executable, *options, "--requirements", str(requirements))
            _compile(folder)
    return folder


@contextmanager
def _once(folder: Path, *inputs: Path) -> Iterator[bool]:
    """Yield whether the folder must be made: it was not yet, or from other inputs."""
    parts = [sys.version.encode(), *(file.read_bytes() for file in inputs)]
    mark, digest = folder / "ready", sha256(b"\0".join(parts)).hexdigest()
    yield not mark.exists() or mark.read_text(encoding="ascii") != digest
    mark.write_text(digest, encoding="ascii")


def _compile(folder: Path) -> None:
    """Compile with unchecked hashes, so that sources are never compared."""
    command = [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", str(folder)]
    environment = os.environ | {"PYTHONPYCACHEPREFIX": ""}
    subprocess.run(command, env=environment, check=False)  # noqa: S603 -- our own files; some are for other Pythons


def _uv(*arguments: str) -> None:
    program = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".cache/uv/bin/uv")
    subprocess.run([program, *arguments, "--quiet"], cwd=ROOT, check=True)  # noqa: S603 -- as the Makefile does
