"""The example under examples/react passes the type checker and builds. It is not run in a browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.layout import ROOT

EXAMPLE = ROOT / "examples/react"
NPX = shutil.which("npx")
FOLDERS = ("examples/react", "examples/better-auth-ui", "tests/contract", "tests/contract/next")
LOCKS = [ROOT / folder / "package-lock.json" for folder in FOLDERS]


@pytest.mark.skipif(
    not (NPX and (EXAMPLE / "node_modules").is_dir()),
    reason="NO NODE: the React example WAS NOT BUILT; install Node 20 or later and npm",
)
def test_the_example_builds(tmp_path: Path) -> None:
    """It runs `npm run build` into another folder. The result contains the service's URL."""
    _run("tsc")
    _run("vite", "build", "--outDir", str(tmp_path), "--emptyOutDir")

    (script,) = (tmp_path / "assets").glob("*.js")
    assert "http://localhost:3000" in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_file_names_no_registry(lock: Path) -> None:
    """Lock files are made with `npm install --omit-lockfile-registry-resolved`."""
    text = lock.read_text(encoding="utf-8")

    assert '"integrity"' in text
    assert '"resolved"' not in text


def _run(*command: str) -> None:
    run = subprocess.run([str(NPX), *command], cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 -- ours
    assert run.returncode == 0, run.stdout + run.stderr
