"""Runs Python in a process of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.layout import ROOT


def run_python(*arguments: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> str:
    """Return what it prints; if it fails, the test fails with its errors. By default it has our environment."""
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, *arguments], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
