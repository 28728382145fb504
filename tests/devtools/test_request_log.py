"""The console of the local service: a line for each request, and what functions print as text."""

import io
import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from threading import Barrier

import pytest

from gatehouse_dev import request_log, stack
from gatehouse_dev.request_log import FunctionOutput
from gatehouse_dev.server import Server
from tests.devtools.conftest import Project, send_request

TEMPLATE = """
    Resources:
      Api:
        Type: AWS::Serverless::HttpApi
        Properties:
          DefinitionBody:
            paths:
              "/a/{id}":
                get: { x-amazon-apigateway-integration: { uri: !Sub "functions/${A.Arn}/invocations" } }
      A:
        Type: AWS::Serverless::Function
        Properties: { CodeUri: functions/a, Handler: handler.handler }
"""
LINE = {"level": "INFO", "message": "read_a", "timestamp": "now", "service": "s", "ip": "::1", "route": "GET /a/{id}"}
USER = "5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11"
HANDLER = f"""
    import json
    def handler(event, context):
        name = event["pathParameters"]["id"]
        print(json.dumps({{"_aws": {{"Timestamp": 1}}, "ColdStart": 1}}))
        print(f"by hand {{name}}")
        if name == "theft":
            print(json.dumps({LINE!r} | {{"level": "WARNING", "message": "token reused"}}))
        if name == "broken":
            raise ValueError(name)
        known = {{"user_id": "{USER}"}} if name != "unknown" else {{}}
        print(json.dumps({LINE!r} | known | {{"outcome": "OK" if known else "INVALID_TOKEN", "status": 200}}))
        return {{"statusCode": 200 if known else 401, "body": name}}
"""


class Terminal(io.StringIO):
    """A text stream that is a terminal."""

    def isatty(self) -> bool:
        """It is interactive."""
        return True


@pytest.fixture
def server(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with stack.running({}, 3000, project(TEMPLATE, a=HANDLER)) as running:
        yield Server(running, 3000)


def printed(server: Server, name: str, stream: io.StringIO | None = None) -> str:
    """Return what is printed for a request, with its time and duration replaced."""
    out = stream or io.StringIO()
    with redirect_stdout(FunctionOutput(out)):
        send_request(server, "GET", f"/a/{name}")
    return re.sub(r" +\d+ ms", " N ms", re.sub(r"\d\d:\d\d:\d\d", "NOW", out.getvalue()))


def test_a_request_is_one_line_with_the_users_id_and_the_code_of_a_refusal(server: Server) -> None:
    assert printed(server, "1") == "by hand 1\nNOW 200 GET /a/{id} N ms  5f0c8b0a\n"
    assert printed(server, "unknown") == "by hand unknown\nNOW 401 GET /a/{id} N ms  -         INVALID_TOKEN\n"
    assert printed(server, "2") == "by hand 2\nNOW 200 GET /a/{id} N ms  5f0c8b0a\n"


def test_a_warning_in_a_request_is_a_line_before_its_own(server: Server) -> None:
    assert printed(server, "theft") == ("by hand theft\nNOW WARNING token reused\nNOW 200 GET /a/{id} N ms  5f0c8b0a\n")


def test_a_function_that_raises_shows_its_traceback(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(server, "broken") == "by hand broken\nNOW 500 GET /a/{id} N ms  -\n"

    error = capsys.readouterr().err
    assert error.startswith("\n!! A failed\nTraceback (most recent call last):\n")
    assert error.endswith("    raise ValueError(name)\nValueError: broken\n\n")


def test_the_status_is_coloured_on_a_terminal_only(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m200\x1b[0m" in printed(server, "1", Terminal())
    assert "\x1b[33m401\x1b[0m" in printed(server, "unknown", Terminal())
    assert "\x1b" not in printed(server, "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed(server, "1", Terminal())


def test_as_json_functions_print_what_they_print_in_lambda(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server._log = request_log.print_json

    send_request(server, "GET", "/a/1")

    metric, _, outcome, request = capsys.readouterr().out.splitlines()
    assert "_aws" in json.loads(metric)
    assert json.loads(outcome)["user_id"] == USER
    assert json.loads(request).items() >= {"request": "GET /a/{id}", "status": 200}.items()


def through(*lines: str) -> str:
    """Return what is printed for lines of a function outside requests."""
    out = io.StringIO()
    stream = FunctionOutput(out)
    with redirect_stdout(stream):
        for line in lines:
            stream.write(f"{line}\n")
    return re.sub(r"\d\d:\d\d:\d\d", "NOW", out.getvalue())


def test_background_work_is_one_line() -> None:
    assert through(json.dumps(LINE | {"message": "send_mail", "outcome": "sent"})) == "NOW ··· send_mail sent\n"


def test_other_events_show_their_facts() -> None:
    line = LINE | {"level": "WARNING", "message": "refresh token reused", "user_id": "1", "agent": "\x1b[2J"}

    assert through(json.dumps(line)) == "NOW WARNING refresh token reused user_id=1 agent=�[2J\n"


@pytest.mark.parametrize("line", ["", "{", "{}", '{"a": 1}', "[1]", "text", '{"level": "INFO"}'])
def test_what_is_no_log_line_is_printed_as_it_is(line: str) -> None:
    assert through(line) == f"{line}\n"


def test_lines_of_several_threads_are_not_mixed() -> None:
    out = io.StringIO()
    stream, together = FunctionOutput(out), Barrier(4)

    def write(number: int) -> None:
        for part in (f"<{number}", f"-{number}>", "\n"):
            together.wait()
            stream.write(part)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))

    assert sorted(out.getvalue().splitlines()) == [f"<{number}-{number}>" for number in range(4)]


def test_an_unexpected_error_shows_our_part_of_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    packages = "/x/.venv/lib/python3.13/site-packages/starlette"
    traceback = f"""\
Traceback (most recent call last):
  File "/x/layers/common/gatehouse/http/middleware.py", line 63, in __call__
    await self._handle(request, receive, recorder.send)
  File "{packages}/routing.py", line 1, in one
    await two()
    ~~~~~~~~~^^
  File "{packages}/routing.py", line 2, in two
    await three()
  File "/x/functions/a/handler.py", line 9, in a
    tasks.add()
  File "{packages}/types.py", line 3, in add
    raise ValueError
ValueError: no

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "{packages}/routing.py", line 1, in one
    await two()
OSError: late"""

    told = through(json.dumps(LINE | {"level": "ERROR", "message": "unexpected error", "exception": traceback}))

    assert told == ""
    assert (
        capsys.readouterr().err
        == f"""
!! GET /a/{{id}} unexpected error
Traceback (most recent call last):
  File "/x/layers/common/gatehouse/http/middleware.py", line 63, in __call__
    await self._handle(request, receive, recorder.send)
  … 2 calls in packages
  File "/x/functions/a/handler.py", line 9, in a
    tasks.add()
  File "{packages}/types.py", line 3, in add
    raise ValueError
ValueError: no

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "{packages}/routing.py", line 1, in one
    await two()
OSError: late

"""
    )
