"""The local server: as a process, `gatehouse dev`, or in this process."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gatehouse_dev import serving, stack
from gatehouse_dev.cli import main
from gatehouse_dev.server import Server
from tests.devtools.conftest import Project, send_request, write_project
from tests.support.concurrency import wait_until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("local server")  # most tests share one server
ORIGIN = "http://localhost:5173"
TEMPLATE = """
    Parameters:
      MailFrom: { Type: String }
      CorsOrigins: { Type: String }
    Globals:
      Function: { Handler: handler.handler }
    Resources:
      Api:
        Type: AWS::Serverless::HttpApi
        Properties:
          DefinitionBody:
            paths:
              "/notes/{id}":
                post: &Note { x-amazon-apigateway-integration: { uri: !Sub "functions/${Note.Arn}/invocations" } }
                get: *Note
          CorsConfiguration: { AllowOrigins: !Split [",", !Ref CorsOrigins], AllowMethods: [GET] }
      NotesTable:
        Type: AWS::DynamoDB::Table
        Properties:
          BillingMode: PAY_PER_REQUEST
          KeySchema: [{ AttributeName: pk, KeyType: HASH }]
          AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
          StreamSpecification: { StreamViewType: NEW_IMAGE }
      MailIdentity:
        Type: AWS::SES::EmailIdentity
        Properties: { EmailIdentity: !Select [1, !Split ["@", !Ref MailFrom]] }
      Note:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: functions/note
      Count:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: functions/note
          Events: { Daily: { Type: Schedule, Properties: { Schedule: rate(1 day) } } }
      Tell:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: functions/tell
          Events: { Notes: { Type: DynamoDB, Properties: { Stream: !GetAtt NotesTable.StreamArn } } }
"""
NOTE = """
    import boto3, threading
    notes = boto3.client("dynamodb")
    def handler(event, context):
        key = {"pk": {"S": event["pathParameters"]["id"]}}
        if "x-block" in event["headers"]:
            print("blocked", flush=True)
            threading.Event().wait()
        if event["requestContext"]["http"]["method"] == "POST":
            notes.put_item(TableName="NotesTable", Item=key)
        found = "Item" in notes.get_item(TableName="NotesTable", Key=key)
        return {"statusCode": 200, "cookies": ["a=1", "b=2"], "body": f"v1 {found}"}
"""
TELL = """
    import boto3
    def handler(event, context):
        for record in event["Records"]:
            name = record["dynamodb"]["NewImage"]["pk"]["S"]
            body = {"Text": {"Data": f"<{name}>"}, "Html": {"Data": "<script>alert(1)</script>"}}
            boto3.client("sesv2").send_email(
                FromEmailAddress="no-reply@gatehouse.test",
                Destination={"ToAddresses": [f"{name}@a.test"]},
                Content={"Simple": {"Subject": {"Data": "<b>Noted</b>"}, "Body": body}},
            )
"""


@dataclass
class Running:
    """A server in another process, and its output."""

    process: subprocess.Popen[str]
    port: int = 0
    lines: list[str] = field(default_factory=list)
    reading: threading.Thread = field(default_factory=threading.Thread)

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, HTTPMessage, str]:
        """Send a request and return status, headers and body."""
        connection = HTTPConnection("localhost", self.port, timeout=60)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.msg, response.read().decode()

    def text(self) -> str:
        """Return the output so far."""
        return "\n".join(self.lines)

    def mails(self, query: str = "") -> list[dict[str, Any]]:
        """Return the mails."""
        mails: list[dict[str, Any]] = json.loads(self.call("GET", f"/dev/mailbox.json{query}")[2])
        return mails


@contextmanager
def started(path: Path, **environ: str) -> Iterator[Running]:
    process = subprocess.Popen(  # noqa: S603  # this interpreter
        [sys.executable, "-m", "gatehouse_dev", "dev", str(path), "-v"],
        env=os.environ | {"PORT": "0", "CLOUD_PORT": "0", "PYTHONPATH": str(ROOT / "devtools")} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = Running(process)
    assert process.stdout
    printed = iter(process.stdout.readline, "")
    server.reading = threading.Thread(target=lambda: server.lines.extend(printed), daemon=True)
    server.reading.start()
    try:
        wait_until(lambda: "runs at" in server.text() or process.poll() is not None)
        (server.port,) = map(int, re.findall(r"runs at http://localhost:(\d+)", server.text()))
        yield server
    finally:
        process.kill()
        process.wait()
        server.reading.join()
        process.stdout.close()


@pytest.fixture
def path(project: Project) -> Path:
    return project(TEMPLATE, note=NOTE, tell=TELL)


@pytest.fixture
def local_server(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server in this process, without a socket."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with stack.running({}, 3000, path) as running:
        yield Server(running, 3000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests that do not change it, started as by `make cloud`."""
    path = write_project(tmp_path_factory.mktemp("notes"), TEMPLATE, note=NOTE, tell=TELL)
    with started(path, CLOUD_HOST="0.0.0.0") as server:  # noqa: S104 -- on purpose
        yield server


def edit(path: Path, text: str, condition: Callable[[], object]) -> None:
    """Write the file until the condition holds: the watcher may not have started at the first write."""
    attempts = itertools.count()

    def rewritten() -> object:
        if next(attempts) % 100 == 0:
            path.write_text(text)
        return condition()

    wait_until(rewritten)


def test_it_prints_its_addresses_and_if_verbose_its_routes(server: Running) -> None:
    wait_until(lambda: "docs" in server.text())

    assert re.search(r"^  POST /notes/\{id\}  → Note$", server.text(), re.MULTILINE)
    banner = [line.rstrip() for line in server.text().splitlines() if line.strip()]
    url = f"http://localhost:{server.port}"
    first = banner.index(f"Gatehouse runs at {url}")
    account = f"demo@gatehouse.test, password demonstration-42, after `make seed PORT={server.port}`"
    assert banner[first + 1] == f"  mailbox        {url}/dev/mailbox"
    assert banner[first + 2] == f"  test account   {account}"
    assert banner[first + 3].startswith("  AWS            AWS_ENDPOINT_URL=http://localhost:")
    assert banner[first + 4] == f"  docs           docs/README.md; all routes: {url}/dev/routes"


def test_a_page_lists_the_routes(server: Running) -> None:
    assert json.loads(server.call("GET", "/dev/routes.json")[2]) == [
        {"method": "GET", "path": "/notes/{id}", "function": "Note"},
        {"method": "POST", "path": "/notes/{id}", "function": "Note"},
        {"method": "POST", "path": "/dev/schedules/Count", "function": "Count", "schedule": "rate(1 day)"},
    ]
    assert "<tr><td>POST<td><code>/dev/schedules/Count</code>" in server.call("GET", "/dev/routes")[2]


def test_a_request_gets_the_functions_response(server: Running) -> None:
    status, headers, body = server.call("POST", "/notes/a%20b?token=secret", origin=ORIGIN)

    assert (status, body) == (200, "v1 True")
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["content-type"] == "text/plain;charset=UTF-8"


def test_the_gateway_responds_to_requests_without_a_route(server: Running) -> None:
    assert server.call("GET", "/nowhere")[::2] == (404, '{"message": "Not Found"}')
    assert server.call("HEAD", "/notes/a")[0] == 404
    assert server.call("TRACE", "/notes/a")[0] == 404
    status, headers, _ = server.call("OPTIONS", "/notes/a", origin=ORIGIN, access_control_request_method="GET")
    assert (status, headers["access-control-allow-methods"]) == (204, "GET")
    large = server.call("POST", "/notes/a", b"x" * (10 * 1024 * 1024 + 1))
    assert large[::2] == (413, '{"message": "Request Entity Too Large"}')


def test_the_access_log_has_no_tokens(server: Running) -> None:
    secret = "s3cr3t-" * 6
    for path in (f"/notes/{secret}", f"/lost?token={secret}", f"/lost/{secret}"):
        server.call("GET", path)
    wait_until(lambda: server.text().count("/lost") == 2)

    assert re.search(r"^\d\d:\d\d:\d\d 200 GET /notes/\{id\} +\d+ ms  -$", server.text(), re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d 404 GET /lost/… +\d+ ms  -$", server.text(), re.MULTILINE)
    assert "s3cr3t" not in server.text()


def test_mail_is_in_the_mailbox_soon_after_the_write(server: Running) -> None:
    server.call("POST", "/notes/Ann")
    server.call("POST", "/notes/bob")
    wait_until(lambda: server.mails("?to=bob@a.test"))

    (mail,) = server.mails("?to=ann@A.test")
    assert mail["to"] == "Ann@a.test"
    assert (mail["subject"], mail["text"]) == ("<b>Noted</b>", "<Ann>")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", mail["createdAt"])
    recipients = [mail["to"] for mail in server.mails()]
    assert recipients.index("Ann@a.test") < recipients.index("bob@a.test")
    assert server.mails("?to=ann") == []

    status, _, page = server.call("GET", "/dev/mailbox")
    assert status == 200
    assert page.index("bob@a.test") < page.index("Ann@a.test")
    assert "<b>Noted</b>" not in page
    assert 'srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"' in page


def test_fifty_concurrent_clients_are_served(server: Running) -> None:
    def send_four(number: int) -> list[str]:
        return [server.call("POST", f"/notes/{number}-{turn}")[2] for turn in range(4)]

    with ThreadPoolExecutor(50) as pool:
        responses = [response for sent in pool.map(send_four, range(50)) for response in sent]

    assert responses == ["v1 True"] * 200


def test_the_aws_endpoint_is_open_to_containers_and_ctrl_c_stops_the_server(server: Running) -> None:
    """The last test that uses the shared server."""
    (port,) = re.findall(r"AWS_ENDPOINT_URL=http://localhost:(\d+)", server.text())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        any_socket.connect(("192.0.2.1", 9))  # nothing is sent
        address = any_socket.getsockname()[0]
    server.call("GET", "/dev/routes")  # once it responds it handles signals
    with socket.create_connection((address, int(port)), timeout=60):
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) == 0
    server.reading.join()
    assert "Traceback" not in server.text()


def test_an_edit_is_loaded_and_data_is_kept(
    local_server: Server, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = path.parent / "functions" / "note" / "handler.py"
    code = handler.read_text()
    send_request(local_server, "POST", "/notes/kept")

    edit(handler, code.replace("v1", "v2"), lambda: send_request(local_server, "GET", "/notes/kept")[1] == "v2 True")
    edit(handler, "def broken(", lambda: send_request(local_server, "GET", "/notes/kept")[0] == 500)
    assert "SyntaxError" in capsys.readouterr().err
    edit(handler, code.replace("v1", "v3"), lambda: send_request(local_server, "GET", "/notes/kept")[1] == "v3 True")


def test_an_edited_template_changes_routes_and_an_invalid_one_is_ignored(
    local_server: Server, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = path.read_text()
    broken = text.replace("CodeUri: functions/note", "CodeUri: !Ref Nobody")
    edit(path, broken, lambda: "!Ref Nobody: there is no such name" in capsys.readouterr().err)
    assert send_request(local_server, "GET", "/notes/a")[0] == 200

    papers = text.replace("/notes/{id}", "/papers/{id}")
    edit(path, papers, lambda: send_request(local_server, "GET", "/papers/a")[0] == 200)
    assert send_request(local_server, "GET", "/notes/a")[0] == 404


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_it_stops_also_while_a_function_is_blocked(path: Path, number: signal.Signals) -> None:
    def block(server: Running) -> None:
        with suppress(OSError, HTTPException):
            server.call("GET", "/notes/a", x_block="on")

    with started(path) as server:
        threading.Thread(target=block, args=(server,), daemon=True).start()
        wait_until(lambda: "blocked" in server.text())
        server.process.send_signal(number)

        assert server.process.wait(60) == 0


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("!Ref Nobody", "resource Note: !Ref Nobody: there is no such name in the template"),
        ("functions/away", "the code of Note, Count is missing"),
    ],
)
def test_an_invalid_project_is_an_error_in_one_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str, sentence: str
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    template = project(TEMPLATE.replace("functions/note", broken), tell=TELL)

    assert serving.serve(serving.Options(template=template, port=0, cloud_port=None)) == 1

    result = capsys.readouterr()
    assert (result.out, result.err.count("\n")) == ("", 1)
    assert sentence in result.err


@pytest.mark.parametrize(
    ("ports", "sentence"),
    [
        ({"PORT": "{0}"}, r"Cannot listen on 127\.0\.0\.1:{0}: .*Set PORT=3001 for .*"),
        (
            {"PORT": "0", "CLOUD_PORT": "{0}"},
            r"Cannot listen on 127\.0\.0\.1:{0}: .*Set CLOUD_PORT=4567 for another port\.",
        ),
    ],
)
def test_an_unavailable_port_is_an_error_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ports: dict[str, str], sentence: str
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", sys.dont_write_bytecode)
    monkeypatch.setattr(serving, "running", None)  # nothing may be started
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = str(listener.getsockname()[1])
        for name, port in ports.items():
            monkeypatch.setenv(name, port.format(taken))

        with pytest.raises(SystemExit) as stop:
            main(["dev"])
    assert stop.value.code == 1
    assert re.fullmatch(sentence.format(taken) + "\n", capsys.readouterr().err)


@pytest.mark.parametrize("port", ["aws", "65536", "-1"])
def test_a_port_that_is_none_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    monkeypatch.setenv("CLOUD_PORT", port)

    with pytest.raises(SystemExit) as stop:
        main(["dev"])

    assert stop.value.code == 2
    assert "Error: Invalid value for '--cloud-port' (env var: 'CLOUD_PORT'): " in capsys.readouterr().err


def test_with_external_tables_there_is_no_aws_endpoint(
    path: Path, external_dynamodb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", external_dynamodb)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(serving, "_uvicorn", lambda *_: SimpleNamespace(serve=stopped))
    monkeypatch.setattr(serving, "_exit_now", lambda: None)

    assert serving.serve(serving.Options(template=path, port=0, cloud_port=0)) == 0

    assert f"  AWS            the tables are at {external_dynamodb}\n" in capsys.readouterr().out


async def stopped(**_: object) -> None:
    """Serve nothing."""


def test_a_function_slower_than_the_gateways_timeout_is_a_503(local_server: Server) -> None:
    local_server._limit_seconds = 0.1

    assert send_request(local_server, "GET", "/notes/a", x_block="on") == (503, '{"message": "Service Unavailable"}')


def test_an_edited_default_changes_the_variable_of_functions(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    named = TEMPLATE.replace("Parameters:", "Parameters:\n      ProductName: { Type: String, Default: Old }")
    variables = "Environment: { Variables: { GATEHOUSE_PRODUCT_NAME: !Ref ProductName } }"
    variable = f"Function: {{ Handler: handler.handler, {variables} }}"
    path = project(named.replace("Function: { Handler: handler.handler }", variable), note=NOTE, tell=TELL)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    with stack.running(os.environ, 3000, path):
        assert os.environ["GATEHOUSE_PRODUCT_NAME"] == "Old"
        text = path.read_text().replace("Default: Old", "Default: New")
        edit(path, text, lambda: os.environ["GATEHOUSE_PRODUCT_NAME"] == "New")
    assert "GATEHOUSE_PRODUCT_NAME" not in os.environ
