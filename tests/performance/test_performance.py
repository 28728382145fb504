"""The parts of the benchmark: requests, the build, the process, its AWS, counting, limits and report."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zlib import crc32

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.messages import Request, Response
from gatehouse_dev.model import FUNCTION_HANDLER, Function
from gatehouse_dev.template import Template
from tests.performance import measuring
from tests.performance.__main__ import row
from tests.performance.lambda_process import Subject, Usage, run
from tests.performance.limits import COLD, exceeded
from tests.performance.measuring import LATER, Figures, measure
from tests.performance.packages import HERE, ROOT
from tests.performance.plot import svg
from tests.performance.requests import REQUESTS, BenchRequest, Broken
from tests.performance.subjects import CONSTRAINTS, Build
from tests.performance.world import World

# -- Requests, yardsticks and the build -----------------------------------------------


def test_every_function_with_a_route_has_a_request(template: Template) -> None:
    routed = {function.name: len(function.routes) for function in template.functions.values() if function.routes}

    assert set(REQUESTS) == set(routed)
    assert [name for name, request in REQUESTS.items() if request.route >= routed[name]] == []


def pins(path: Path) -> dict[str, str]:
    """Return the pinned versions in a requirements file."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", ["bare", "natural"])
def test_the_packages_of_a_yardstick_are_pinned(name: str) -> None:
    lines = (HERE / name / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert {line for line in lines if not line.startswith("#")} <= pins(CONSTRAINTS).keys()
    assert pins(CONSTRAINTS)["botocore"] == pins(ROOT / "layers/vendor/requirements.txt")["botocore"]


FILES = {
    "template.yaml": """
Resources:
  Vendor: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: Vendor } }
  Common: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: Common } }
""",
    "Vendor/python/one.py": "",
    "Vendor/python/both/a.py": "",
    "Common/python/both/b.py": "",
}


@pytest.mark.usefixtures("cloud")
def test_layers_are_merged(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / "built" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "built" / name).write_text(text)
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/of_an_earlier_build.py").touch()
    build = Build(World({}, {}), tmp_path / "built")

    assert {path.relative_to(build.opt).as_posix() for path in build.opt.rglob("*.py")} == {
        *("one.py", "both/a.py", "both/b.py")
    }
    with pytest.raises(Broken, match=r"no function with routes .*: SignIn"):
        build.subject("SignIn")
    with pytest.raises(Broken, match="make bench"):
        Build(World({}, {}), tmp_path)


# -- The process and its AWS ----------------------------------------------------------

PROCESS = """
import http.client, json, os, sys
runtime, aws = (http.client.HTTPConnection(os.environ[name].removeprefix("http://"))
                for name in ("AWS_LAMBDA_RUNTIME_API", "AWS_ENDPOINT_URL"))

def send(connection, method, path, body=None, **headers):
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.read(), response.headers["lambda-runtime-aws-request-id"]

while True:
    event, request = send(runtime, "GET", "/2018-06-01/runtime/invocation/next")
    event = json.loads(event)
    for target in event.get("calls", ()):
        send(aws, "POST", "/", b"{}", x_amz_target=target)
    if "exit" in event:
        sys.exit(event["exit"])
    kind = "error" if "error" in event else "response"
    send(runtime, "POST", f"/2018-06-01/runtime/invocation/{request}/{kind}", json.dumps(event).encode())
"""


def subject(**event: Any) -> Subject:
    """Return a process that makes AWS calls, and responds with its event."""
    return Subject(
        function=Function(name="A", folder=HERE, handler=FUNCTION_HANDLER, environment={}, timeout=3, memory=512),
        command=(sys.executable, "-S", "-c", PROCESS),
        opt=HERE,
        event=json.dumps(event).encode(),
        request=BenchRequest(),
        cloud=lambda: lambda _: Response(status=200),
    )


def test_calls_of_dynamodb_are_counted_for_each_request() -> None:
    calls = ["DynamoDB_20120810.GetItem", "DynamoDB_20120810.PutItem", "secretsmanager.GetSecretValue"]
    used = run(subject(statusCode=200, calls=calls), 2)

    assert [usage.calls for usage in used] == [0, 2, 2]
    assert used[-1].peak_mib > 1
    assert 0 < used[0].cpu_milliseconds < used[1].cpu_milliseconds < used[2].cpu_milliseconds


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


def dynamodb(operation: str, **body: Any) -> Request:
    """Return a request to DynamoDB."""
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/dynamodb/aws4_request, Signature=0",
    }
    return Request(method="POST", raw_path="/", headers=tuple(headers.items()), body=json.dumps(body).encode())


def test_each_request_finds_the_same_rows(cloud: Cloud) -> None:
    table = cloud.template.environment()["GATEHOUSE_TASKS_TABLE"]
    key = {"user_id": {"S": "ann"}, "task_id": {"S": "1"}}
    world = World({}, {})
    one, other = world.cloud(), world.cloud()
    assert one(dynamodb("PutItem", TableName=table, Item=key)).status == 200

    found, *others = (respond(dynamodb("GetItem", TableName=table, Key=key)) for respond in (one, other, world.cloud()))
    assert json.loads(found.body)["Item"] == key
    assert [response.body for response in others] == [b"{}"] * 2
    assert ("x-amz-crc32", str(crc32(found.body))) in found.headers


# -- Counting -------------------------------------------------------------------------


def fake_run(_: Subject, requests: int, *tool: str) -> list[Usage]:
    """Write callgrind's parts under valgrind."""
    for out in (option.partition("=")[2] for option in tool if option.startswith("--callgrind-out-file=")):
        for number, total in enumerate([1000, 150, 70, 90, *[80] * (requests - 3)], start=1):
            Path(f"{out}.{number}").write_text(f"events: Ir\ntotals: {total}\n")
    return [Usage(calls, 0, peak_mib=44) for calls in (1, 4, 3)]


def test_a_run_has_a_start_a_first_request_and_later_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "run", fake_run)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    found = measure(subject())

    assert (found.init, found.first, found.cold, found.later) == (1000, 150, 1150, 80)
    assert (found.calls, found.peak_mib) == (3, 44)


@pytest.mark.parametrize(("valgrind", "message"), [(None, "not installed"), ("valgrind", "wrote no part")])
def test_nothing_is_reported_that_was_not_counted(
    monkeypatch: pytest.MonkeyPatch, valgrind: str | None, message: str
) -> None:
    monkeypatch.setattr(measuring, "run", lambda *_: fake_run(subject(), LATER))
    monkeypatch.setattr(shutil, "which", lambda _: valgrind)

    with pytest.raises(Broken, match=message):
        measure(subject())


# -- Limits and report ----------------------------------------------------------------


def figures(name: str, init: int, first: int, later: int, *, calls: int = 1, **request: Any) -> Figures:
    """Return the figures of a measured function."""
    return Figures(name, BenchRequest(**request), init, first, later, calls, peak_mib=44)


BARE = figures("bare", 80, 20, 10)


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (figures("A", 74, 20, 13, calls=2), ""),
        (figures("A", 76, 20, 13, calls=2), "cold is 0.960, and must be 0.95 at most"),
        (figures("A", 176, 20, 13, calls=2, provider=True), ""),
        (figures("A", 74, 21, 10, calls=2), "first ÷ later is 2.100, and must be 2.00 at most"),
        (figures("A", 74, 20, 14, calls=2), "warm is 0.700, and must be 0.65 at most"),
        (figures("A", 74, 20, 20, calls=2, lists=True), ""),
        (figures("A", 74, 15, 9, calls=1), ""),
        (figures("A", 74, 15, 10, calls=0), "warm is 1.000, and must be 0.95 at most"),
        (figures("A", 74, 20, 200, calls=6), "warm is 3.333, and must be 0.65 at most"),  # hashing was counted
    ],
)
def test_an_exceeded_limit_is_reported(measured: Figures, sentence: str) -> None:
    assert exceeded(measured, BARE) == ([f"A: {sentence}"] if sentence else [])


@pytest.mark.parametrize(
    ("measured", "cells"),
    [
        (BARE, "*bare* 0 1.00 2.00 0.0 1 1.00 44"),
        (figures("natural", 90_000_000, 9, 9), "*natural* 90 900000.09 1.00 0.0 1 0.90 44"),
        (figures("A", 70, 20, 250_000), "A 0 0.90 0.00 0.2 1 25000.00 44"),
        (figures("B", 90, 20, 5, calls=2), "B 0 1.10 4.00 0.0 2 0.25 44"),
        (figures("C", 90, 20, 5, calls=0), "C 0 1.10 4.00 0.0 0 0.50 44"),
    ],
)
def test_a_row_has_ratios_to_bare_for_each_call_of_dynamodb(measured: Figures, cells: str) -> None:
    assert row(measured, BARE) == cells.split()


def test_the_plot_has_bars_and_lines() -> None:
    others = [figures(name, init, 0, 10) for name, init in (("natural", 240), ("A", 70), ("B", 150))]
    picture = svg([*others, figures("C", 150, 0, 10, provider=True)], BARE)
    root = ET.fromstring(picture)  # noqa: S314 -- our own SVG
    kinds = [(element.tag.rpartition("}")[2], element.get("class")) for element in root.iter()]

    assert [kind for tag, kind in kinds if tag == "rect"] == ["good", "poor", "yardstick", "fair", "yardstick"]
    assert [kind for tag, kind in kinds if tag == "line"] == ["aim", "must"] * 2
    assert f"must {COLD.must:.2f}" in picture
