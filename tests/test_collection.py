"""Which tests there are, and what each is given, depends on no time, no chance, no order of a set and no machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.collected import described
from tests.support.layout import ROOT


def test_another_process_collects_the_same_later_and_elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """With other hashes, in another zone and another folder; perhaps more, where this run left some out."""
    here = list(described(request.session.items))
    files = dict.fromkeys(str(item.path) for item in request.session.items)
    told, options = tmp_path / "tests.json", ["-m", request.config.option.markexpr]
    options += ["--rootdir", str(ROOT), "--config-file", str(ROOT / "pyproject.toml")]
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-m", "tests.support.collected", str(told), *options, *files],
        cwd=tmp_path,
        env=os.environ | {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    there = json.loads(told.read_text(encoding="utf-8"))

    assert set(here) - set(there) == set()
    assert [one for one in there if one in set(here)] == here
