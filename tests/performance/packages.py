"""Installs Lambda's runtime interface client and the yardsticks, in .cache/bench."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache/bench"
HERE = Path(__file__).parent
CONSTRAINTS = ROOT / "requirements/dev.txt"
BARE, NATURAL = "bare", "natural"


def interpreter() -> Path:
    """Return the Python of a venv with only the runtime interface client."""
    venv = CACHE / "runtime"
    requirements = HERE / "requirements.txt"
    if not _is_ready(venv, requirements):
        _uv("venv", "--clear", "--python", sys.executable, str(venv))
        _uv("pip", "install", "--python", str(venv), "--requirements", str(requirements))
        compile_all(venv)
        _mark_ready(venv, requirements)
    return venv / "bin/python"


def yardstick(name: str) -> Path:
    """Return the folder with a yardstick's `task` and `opt`, compiled."""
    folder, source = CACHE / name, HERE / name
    inputs = [source / "requirements.txt", source / "handler.py", CONSTRAINTS]
    if not _is_ready(folder, *inputs):
        shutil.rmtree(folder, ignore_errors=True)
        _uv(
            *("pip", "install", "--python", sys.executable, "--target", str(folder / "opt")),
            *("--requirements", str(inputs[0]), "--constraints", str(CONSTRAINTS)),
        )
        (folder / "task").mkdir()
        shutil.copy(source / "handler.py", folder / "task")
        compile_all(folder)
        _mark_ready(folder, *inputs)
    return folder


def compile_all(folder: Path) -> None:
    """Compile with unchecked hashes, so that sources are never compared."""
    mode = ("--invalidation-mode", "unchecked-hash")
    command = [sys.executable, "-m", "compileall", "-q", "-f", *mode, str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    subprocess.run(command, env=environment, check=False)  # noqa: S603 -- our own files; some are for other Pythons


def _uv(*arguments: str) -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".cache/uv/bin/uv")
    subprocess.run([uv, *arguments, "--quiet"], cwd=ROOT, check=True)  # noqa: S603 -- as the Makefile does


def _is_ready(folder: Path, *inputs: Path) -> bool:
    mark = folder / "ready"
    return mark.exists() and mark.read_text(encoding="ascii") == _digest(*inputs)


def _mark_ready(folder: Path, *inputs: Path) -> None:
    (folder / "ready").write_text(_digest(*inputs), encoding="ascii")


def _digest(*inputs: Path) -> str:
    parts = [sys.version.encode(), *(file.read_bytes() for file in inputs)]
    return sha256(b"\0".join(parts)).hexdigest()
