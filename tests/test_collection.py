"""Collected tests and their parameters do not depend on the time, random numbers, set order or the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.collected import described
from tests.support.layout import ROOT


@pytest.mark.slow
def test_another_process_collects_the_same_tests(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """It has another hash seed, time zone and folder. It may collect more, if this run deselected tests."""
    collected = list(described(request.session.items))
    files = dict.fromkeys(str(item.path) for item in request.session.items)
    result_file, options = tmp_path / "tests.json", ["-m", request.config.option.markexpr]
    options += ["--rootdir", str(ROOT), "--config-file", str(ROOT / "pyproject.toml")]
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-m", "tests.support.collected", str(result_file), *options, *files],
        cwd=tmp_path,
        env=os.environ | {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    by_other = json.loads(result_file.read_text(encoding="utf-8"))

    assert set(collected) - set(by_other) == set()
    assert [one for one in by_other if one in set(collected)] == collected
