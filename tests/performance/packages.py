"""Packages that are installed in .cache/bench, and compiled."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from compileall import compile_dir
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from unittest.mock import patch

ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
CACHE = ROOT / ".cache/bench"


def runtime() -> tuple[str, ...]:
    """Return the command of Lambda's runtime interface client, with a Python that has no other package."""
    folder, requirements = CACHE / "runtime", HERE / "requirements.txt"
    with _once(folder, requirements) as missing:
        if missing:
            _uv("venv", "--clear", "--python", sys.executable, str(folder))
            _uv("pip", "install", "--python", str(folder), "--requirements", str(requirements))
    return str(folder / "bin/python"), "-s", "-P", "-m", "awslambdaric"


def packed(source: Path, folder: Path, *constraints: Path) -> Path:
    """Return the folder, with the handler of `source` in `task` and its requirements in `opt`."""
    requirements, handler = source / "requirements.txt", source / "handler.py"
    with _once(folder, requirements, handler, *constraints) as missing:
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "task").mkdir(parents=True)
            shutil.copy(handler, folder / "task")
            options = (f"--target={folder / 'opt'}", *(f"--constraints={path}" for path in constraints))
            _uv("pip", "install", "--python", sys.executable, *options, "--requirements", str(requirements))
    return folder


@contextmanager
def _once(folder: Path, *inputs: Path) -> Iterator[bool]:
    """Yield whether the folder must be made: it was not yet, or from other inputs. Then compile what was made."""
    mark, wanted = folder / "ready", b"\0".join([sys.version.encode(), *(file.read_bytes() for file in inputs)])
    missing = not mark.exists() or mark.read_bytes() != wanted
    yield missing
    if missing:
        unchecked = PycInvalidationMode.UNCHECKED_HASH  # sources are never compared
        with patch.object(sys, "pycache_prefix", None):
            compile_dir(folder, quiet=2, invalidation_mode=unchecked)  # some files are for other Pythons
        mark.write_bytes(wanted)


def _uv(*arguments: str) -> None:
    program = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".cache/uv/bin/uv")
    subprocess.run([program, *arguments, "--quiet"], cwd=ROOT, check=True)  # noqa: S603 -- as the Makefile does
