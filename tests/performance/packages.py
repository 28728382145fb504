"""Packages that are installed in .cache/bench, and compiled."""

import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Sequence
from compileall import compile_dir
from fcntl import LOCK_EX, flock
from pathlib import Path
from unittest.mock import patch

ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
CACHE = ROOT / ".cache/bench"
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH  # sources are never compared


def runtime() -> tuple[str, ...]:
    """Return the command of Lambda's runtime interface client, with a Python that has no other package."""
    folder, requirements = CACHE / "runtime", HERE / "requirements.txt"
    pip = ("pip", "install", f"--python={folder}", f"--requirements={requirements}")
    _install(folder, [requirements], ("venv", f"--python={sys.executable}", str(folder)), pip)
    return str(folder / "bin/python"), "-s", "-P", "-m", "awslambdaric"


def packed(source: Path, folder: Path, *constraints: Path) -> Path:
    """Return the folder, with the handler of `source` in `task` and its requirements in `opt`, compiled."""
    requirements, task = source / "requirements.txt", folder / "task"
    options = [
        f"--python={sys.executable}",
        f"--target={folder / 'opt'}",
        *(f"--constraints={path}" for path in constraints),
    ]
    _install(folder, [requirements, *constraints], ("pip", "install", *options, f"--requirements={requirements}"))
    py_compile.compile(str(source / "handler.py"), str(task / "handler.pyc"), doraise=True, invalidation_mode=UNCHECKED)
    return folder


def _install(folder: Path, inputs: Sequence[Path], *commands: Sequence[str]) -> None:
    """Make the folder by uv's commands, and compile it, unless this Python did so with the same inputs."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        flock(lock, LOCK_EX)  # several processes may want it at the same time
        mark, made_of = folder / "ready", b"\0".join([sys.version.encode(), *(path.read_bytes() for path in inputs)])
        if mark.exists() and mark.read_bytes() == made_of:
            return
        shutil.rmtree(folder, ignore_errors=True)
        program = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".cache/uv/bin/uv")
        for command in commands:
            subprocess.run([program, *command, "--quiet"], cwd=ROOT, check=True)  # noqa: S603 -- as the Makefile does
        with patch.object(sys, "pycache_prefix", None):
            compile_dir(folder, quiet=2, invalidation_mode=UNCHECKED)  # some files are for other Pythons
        mark.write_bytes(made_of)
