"""The README's session, run as it is printed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.service import running_service

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.skipif(not shutil.which("curl"), reason="NO CURL: the README's session WAS NOT RUN")
def test_the_first_session_works_as_printed() -> None:
    """Each line of the block, in order, against what `make dev` starts."""
    (script,) = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)

    with running_service() as service:
        session = script.replace("http://localhost:3000", service.url)
        run = subprocess.run(["bash", "-eu", "-c", session], capture_output=True, text=True, timeout=300, check=True)  # noqa: S603, S607 -- ours

    lines = run.stdout.splitlines()
    signed_up, verified, listed, completed, read = (json.loads(line) for line in lines[:5])
    assert signed_up["token"] is None
    assert verified["success"] is True
    assert [task["title"] for task in listed["tasks"]] == ["Buy milk"]
    assert completed["completed"] is read["completed"] is True
    assert lines[5] == "204"
    assert json.loads(lines[6]) == {"success": True}
    assert json.loads(lines[7])["code"] == "INVALID_TOKEN"
