"""The README's first session, as printed, and seeding."""

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest

from gatehouse_dev.cli import main
from tests.support.concurrency import wait_until
from tests.support.layout import ROOT
from tests.support.service import Service, running_service

README = ROOT / "README.md"
pytestmark = pytest.mark.xdist_group("first steps")  # they share one service


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """The service as `make dev` starts it."""
    with running_service() as service:
        yield service


@pytest.mark.skipif(not shutil.which("curl"), reason="NO CURL: the README's session WAS NOT RUN")
def test_the_session_of_the_readme_works(service: Service) -> None:
    """All lines of the block run in order against the service."""
    (script,) = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)

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
    refused = r"^\S+ 401 GET /api/tasks +\d+ ms  -         INVALID_TOKEN$"
    wait_until(lambda: re.search(refused, service.log(), re.MULTILINE))  # it is printed after it was sent
    user = signed_up["user"]["id"][:8]
    assert re.search(rf"^\S+ 204 DELETE /api/tasks/{{task_id}} +\d+ ms  {user}$", service.log(), re.MULTILINE)
    assert not [line for line in service.log().splitlines() if line.startswith("{")]


def seed(url: str) -> object:
    """Run the command, and return its exit code."""
    with pytest.raises(SystemExit) as stop:
        main(["seed", "--url", url])
    return stop.value.code


def test_seeding_without_a_server_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        assert seed(url) == 1
    assert f"There is no service at {url}" in capsys.readouterr().err


def test_seeding_twice_adds_the_demo_user_once(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert seed(service.url) == 0
    assert "the password demonstration-42; 12 tasks were added" in capsys.readouterr().out
    assert seed(service.url) == 0
    assert "0 tasks were added" in capsys.readouterr().out
