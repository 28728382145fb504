"""The parts of the benchmark: requests, the build, the process, its AWS, counting, limits and report."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from cryptography.x509 import DNSName

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import LAYER
from gatehouse_dev.model import FUNCTION_HANDLER, Function
from gatehouse_dev.template import Template
from tests.performance import measuring
from tests.performance.__main__ import chart, row
from tests.performance.lambda_process import Responder, Subject, Usage, run
from tests.performance.limits import exceeded
from tests.performance.measuring import Figures, measure
from tests.performance.packages import HERE
from tests.performance.requests import REQUESTS, BenchRequest, Broken
from tests.performance.subjects import CONSTRAINTS, Build
from tests.performance.world import World
from tests.support.scripted_service import LOCALHOST, Request, http_message, write_certificate

# -- Requests, yardsticks and the build -----------------------------------------------


def test_every_function_with_a_route_has_a_request(template: Template) -> None:
    routed = {function.name: len(function.routes) for function in template.functions.values() if function.routes}

    assert set(REQUESTS) == set(routed)
    assert [name for name, request in REQUESTS.items() if request.route >= routed[name]] == []


def test_the_packages_of_yardsticks_are_pinned() -> None:
    pinned = re.findall(r"^([\w.-]+)==", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    lines = [line for path in HERE.glob("*/requirements.txt") for line in path.read_text(encoding="utf-8").splitlines()]

    assert {"botocore", "fastapi"} <= {line for line in lines if not line.startswith("#")} <= set(pinned)


@pytest.mark.usefixtures("cloud")
def test_the_layers_of_a_build_are_merged(tmp_path: Path) -> None:
    world, folder = World({}, {}), tmp_path / "built"
    for path in ("opt/python/old.py", "built/One/python/a.py", "built/One/python/b/c.py", "built/Two/python/b/d.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    with pytest.raises(Broken, match="make bench"):
        Build(world, folder)
    layers = {name: {"Type": LAYER, "Properties": {"ContentUri": name}} for name in ("One", "Two")}
    (folder / "template.yaml").write_text(json.dumps({"Resources": layers}))
    build = Build(world, folder)

    assert {path.relative_to(build.opt).as_posix() for path in build.opt.rglob("*.py")} == {"a.py", "b/c.py", "b/d.py"}
    with pytest.raises(Broken, match=r"no function with routes .*: SignIn"):
        build.subject("SignIn")


# -- The process and its AWS ----------------------------------------------------------

PROCESS = """
import json, os, ssl, sys
from urllib.request import Request, urlopen

trust = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
invocation = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urlopen(f"{invocation}/next") as received:
        event, request = json.load(received), received.headers["lambda-runtime-aws-request-id"]
    for target in event.get("calls", ()):
        urlopen(Request(os.environ["AWS_ENDPOINT_URL"], b"{}", {"x-amz-target": target}), context=trust)
    if "exit" in event:
        sys.exit(event["exit"])
    urlopen(f"{invocation}/{request}/{'error' if 'error' in event else 'response'}", json.dumps(event).encode())
"""


def subject(**event: Any) -> Subject:
    """Return a process that makes AWS calls, and responds with its event."""
    return Subject(
        function=Function(name="A", folder=HERE, handler=FUNCTION_HANDLER, environment={}, timeout=3, memory=512),
        command=(sys.executable, "-S", "-c", PROCESS),
        opt=HERE,
        event=json.dumps(event).encode(),
        request=BenchRequest(),
        cloud=lambda: lambda _: http_message(200, {}, b""),
    )


def test_calls_of_dynamodb_are_counted_for_each_request() -> None:
    calls = ["DynamoDB_20120810.GetItem", "DynamoDB_20120810.PutItem", "secretsmanager.GetSecretValue"]
    used = run(subject(statusCode=200, calls=calls), 2)

    assert [usage.calls for usage in used] == [0, 2, 2]
    assert used[-1].peak_mib > 1
    assert 0 < used[0].cpu_milliseconds < used[1].cpu_milliseconds < used[2].cpu_milliseconds


def test_calls_are_encrypted_if_there_is_a_certificate(tmp_path: Path) -> None:
    calling = subject(statusCode=200, calls=["DynamoDB_20120810.GetItem"])
    right, wrong = (write_certificate(tmp_path, name) for name in (LOCALHOST, DNSName("elsewhere")))

    assert [usage.calls for usage in run(replace(calling, certificate=right), 1)] == [0, 1]
    with pytest.raises(Broken, match="CERTIFICATE_VERIFY_FAILED"):
        run(replace(calling, certificate=wrong), 1)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"statusCode": 500}, "A: status 200 was expected of .*500"),
        ({"statusCode": 200, "headers": {"location": "/?error=state"}}, "status 200 was expected of .*error=state"),
        ({"exit": "out of memory"}, r"it ended before it sent response(.|\n)*out of memory"),
        ({"error": "no module"}, "it sent error instead of response: .*no module"),
    ],
)
def test_a_broken_subject_is_an_error(event: dict[str, Any], message: str) -> None:
    with pytest.raises(Broken, match=message):
        run(subject(**event), 1)


def test_each_request_finds_the_same_rows(cloud: Cloud) -> None:
    table = cloud.template.environment()["GATEHOUSE_TASKS_TABLE"]
    key = {"user_id": {"S": "ann"}, "task_id": {"S": "1"}}

    def send(respond: Responder, operation: str, **body: Any) -> list[str]:
        """Return the head of the response, and its body."""
        headers: Any = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/dynamodb/aws4_request, Signature=0",
        }
        content = json.dumps({"TableName": table, **body}).encode()
        return respond(Request(1, "POST / HTTP/1.1", headers, content)).decode().split("\r\n\r\n")

    world = World({}, {})
    one, other = world.cloud(), world.cloud()
    assert send(one, "PutItem", Item=key)[0].startswith("HTTP/1.1 200")
    (head, body), *others = (send(respond, "GetItem", Key=key) for respond in (one, other, world.cloud()))
    assert json.loads(body)["Item"] == key
    assert [body for _, body in others] == ["{}"] * 2
    assert f"X-Amz-Crc32: {crc32(body.encode())}" in head


# -- Counting -------------------------------------------------------------------------


def fake_run(_: Subject, requests: int, *tool: str) -> list[Usage]:
    """Write callgrind's parts under valgrind."""
    if tool:
        out = next(option.partition("=")[2] for option in tool if "-out-file=" in option)
        for number, total in enumerate([1000, 150, 70, 90, *[80] * (requests - 3)], start=1):
            Path(f"{out}.{number}").write_text(f"events: Ir\ntotals: {total}\n")
    return [Usage(calls, 0, peak_mib=44) for calls in (1, 4, 3)]


def test_a_run_has_a_start_a_first_request_and_later_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "run", fake_run)
    monkeypatch.setattr(shutil, "which", str)

    assert measure(subject()) == Figures("A", BenchRequest(), 1150, 150, 80, calls=3, peak_mib=44)


@pytest.mark.parametrize(("found", "message"), [(None, "not installed"), ("valgrind", "wrote no part")])
def test_what_was_not_counted_is_an_error(monkeypatch: pytest.MonkeyPatch, found: str | None, message: str) -> None:
    monkeypatch.setattr(measuring, "run", lambda *_: [Usage(0, 0, 0)])
    monkeypatch.setattr(shutil, "which", lambda _: found)

    with pytest.raises(Broken, match=message):
        measure(subject())


# -- Limits and report ----------------------------------------------------------------


def figures(cold: int, first: int, later: int, *, calls: int = 1, name: str = "A", **request: Any) -> Figures:
    """Return the figures of a measured function."""
    return Figures(name, BenchRequest(**request), cold * 10**6, first * 10**6, later * 10**6, calls, peak_mib=44)


BARE = figures(100, 20, 10, name="bare")


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (figures(94, 20, 13, calls=2), ""),
        (figures(96, 20, 13, calls=2), "cold is 0.960, and must be 0.95 at most"),
        (figures(196, 20, 13, calls=2, kind="provider"), ""),
        (figures(95, 21, 10, calls=2), "first ÷ later is 2.100, and must be 2.00 at most"),
        (figures(94, 20, 14, calls=2), "warm is 0.700, and must be 0.65 at most"),
        (figures(94, 20, 20, calls=2, kind="list"), ""),
        (figures(89, 15, 9, calls=1), ""),
        (figures(89, 15, 10, calls=0), "warm is 1.000, and must be 0.95 at most"),
        (figures(94, 20, 200, calls=6), "warm is 3.333, and must be 0.65 at most"),  # hashing was counted
    ],
)
def test_an_exceeded_limit_is_reported(measured: Figures, sentence: str) -> None:
    assert exceeded(measured, BARE) == ([f"A: {sentence}"] if sentence else [])


def test_the_report_has_ratios_to_bare_for_each_call_of_dynamodb() -> None:
    others = [figures(240, 36, 12, name="natural"), figures(150, 20, 10, kind="provider"), figures(90, 8, 5, calls=2)]

    assert ["|".join(row(one, BARE)) for one in (BARE, *others)] == [
        "*bare*|100|1.00|2.00|10.0|1|1.00|44",
        "*natural*|240|2.40|3.00|12.0|1|1.20|44",
        "A|150|1.50|2.00|10.0|1|1.00|44",
        "A|90|0.90|1.60|5.0|2|0.25|44",
    ]
    assert chart(others, BARE).splitlines()[-4:] == [
        *("  y-axis 0 --> 2.5", "  bar [0.90, 2.40, 1.50]", "  line [0.95, 0.95, 2.0]", "```"),
    ]
