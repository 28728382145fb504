"""Builds the peers as deployed, in .cache/bench/peers: bundled by esbuild, or installed and compiled."""

import shutil
import subprocess
from pathlib import Path

from tests.performance.packages import CACHE, packed

HERE = Path(__file__).parent
_FOLDER = CACHE / "peers"
_BUNDLING = ("--bundle", "--minify", "--splitting", "--platform=node", "--format=esm", "--out-extension:.js=.mjs")
_REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"


class Missing(Exception):
    """A tool that a peer needs is missing."""


def runtime() -> tuple[str, ...]:
    """Return the command of Node with a replacement of Lambda's runtime."""
    return _program("node"), str(HERE / "node/runtime.mjs")


def node() -> Path:
    """Return the folder with a bundle per store; lazily loaded code is in separate files."""
    source, task = HERE / "node", _FOLDER / "node/task"
    packages = _FOLDER / "node/packages"
    packages.mkdir(parents=True, exist_ok=True)
    lock, mark = source / "package-lock.json", packages / "ready"
    if not mark.exists() or mark.read_bytes() != lock.read_bytes():
        shutil.copy(source / "package.json", packages)
        shutil.copy(lock, packages)
        options = ("--ignore-scripts", "--silent", "--no-audit", "--no-fund")
        _run(_program("npm"), "ci", *options, "--prefix", str(packages))
        shutil.copy(lock, mark)
    for script in ("serving", "memory", "dynamodb"):
        shutil.copy(source / f"{script}.mjs", packages)
    esbuild = packages / "node_modules/.bin/esbuild"
    shutil.rmtree(task, ignore_errors=True)
    for store in ("memory", "dynamodb"):
        settings = (*_BUNDLING, f"--outdir={task / store}", f"--banner:js={_REQUIRE}", "--log-level=warning")
        _run(str(esbuild), str(packages / f"{store}.mjs"), *settings)
    return task


def python() -> Path:
    """Return the folder with `task` and `opt`, compiled."""
    return packed(HERE / "python", _FOLDER / "python")


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise Missing(f"there is no {name} here")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 -- our own
