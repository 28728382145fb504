"""The parts of the benchmark: requests, counting, replay and report."""

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET
from zlib import crc32

import pytest

from gatehouse_dev.template import Template
from tests.conftest import ROOT
from tests.performance import limits
from tests.performance.built import Built, NotBuilt, size
from tests.performance.child import Run, Snapshot
from tests.performance.figures import Figures, exceeded, ratios
from tests.performance.instructions import Instructions, split, summed
from tests.performance.inventory import Inventory, by_package, imports, opened
from tests.performance.measuring import Times, medians, times
from tests.performance.packages import CONSTRAINTS, HERE
from tests.performance.plot import panels, svg
from tests.performance.replay import ReplayingCloud, upstream
from tests.performance.report import table, write
from tests.performance.requests import REQUESTS, BenchRequest
from tests.performance.runtime_api import VERSION, Broken, RuntimeApi
from tests.performance.serving import Request, Response, serving
from tests.support.placeholders import filled

PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def alive() -> bool:
    return True


# -- Requests -----------------------------------------------------------------------


def test_every_function_with_a_route_has_a_request(template: Template) -> None:
    routed = {function.name: len(function.routes) for function in template.functions.values() if function.routes}

    assert set(REQUESTS) == set(routed)
    assert [name for name, request in REQUESTS.items() if request.route >= routed[name]] == []


def test_an_expected_error_has_an_explanation() -> None:
    assert [name for name, request in REQUESTS.items() if request.status >= 400 and not request.about] == []


def test_a_redirect_with_an_error_is_not_accepted() -> None:
    request = BenchRequest(status=302)
    responses: list[dict[str, Any]] = [
        {"statusCode": 302, "headers": {"location": f"/?{query}"}} for query in ("a=b", "error=state")
    ]

    assert [request.accepts(response) for response in [*responses, {"statusCode": 200}]] == [True, False, False]


def test_placeholders_are_replaced_at_any_depth() -> None:
    request = {"json": {"operations": [{"id": "TASK", "completed": True}]}, "task_id": "TASK", "query": "TASKS"}

    assert filled(request, {"TASK": "7"}) == {
        "json": {"operations": [{"id": "7", "completed": True}]},
        "task_id": "7",
        "query": "TASKS",
    }


# -- Yardsticks ---------------------------------------------------------------------


def pins(path: Path) -> dict[str, str]:
    """Return the pinned versions in a requirements file."""
    return dict(PINNED.findall(path.read_text(encoding="utf-8")))


def test_a_yardstick_has_the_botocore_of_the_layer() -> None:
    assert pins(CONSTRAINTS)["botocore"] == pins(ROOT / "layers/vendor/requirements.txt")["botocore"]


@pytest.mark.parametrize("name", ["bare", "natural"])
def test_the_packages_of_a_yardstick_are_pinned(name: str) -> None:
    lines = (HERE / name / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {line for line in lines if not line.startswith("#")}

    assert required <= pins(CONSTRAINTS).keys()


# -- The build ------------------------------------------------------------------------

TEMPLATE = """
Resources:
  Vendor: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: Vendor } }
  Common: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: Common } }
  Worker:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: Worker, Handler: handler.handler, Layers: [!Ref Vendor, !Ref Common] }
"""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    for name in ("Vendor/python/one.py", "Vendor/python/both/a.py", "Common/python/both/b.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("12345")
    return tmp_path


def test_layers_are_merged(build: Path) -> None:
    with Built(build, {}) as built:
        opt = built.opt("Worker")
        files = sorted(path.relative_to(opt).as_posix() for path in opt.rglob("*.py"))

    assert files == ["both/a.py", "both/b.py", "one.py"]
    assert not opt.exists()


def test_layers_have_sizes(build: Path) -> None:
    with Built(build, {}) as built:
        assert built.sizes(["Worker"]) == {"Vendor": 10, "Common": 5}
    assert size(build / "Vendor") == 10


def test_a_build_may_be_older_than_a_parameter(build: Path) -> None:
    with Built(build, {"New": "1"}) as built:
        assert built.functions == {}


def test_a_missing_build_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match="make bench"):
        Built(tmp_path, {})


# -- The replaying cloud ------------------------------------------------------------


class Upstream:
    """Responds to each request with another number."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, _: Request) -> Response:
        """Respond with the number of requests."""
        self.requests += 1
        return Response(body=str(self.requests).encode())


def aws_request(operation: str, service: str = "DynamoDB_20120810", **body: object) -> Request:
    """Return a request to AWS."""
    target = {"x-amz-target": f"{service}.{operation}"}
    return Request(method="POST", path="/", headers=target, body=json.dumps(body).encode())


def test_reads_are_replayed_by_their_key() -> None:
    cloud = ReplayingCloud(Upstream())
    requests = [aws_request("GetItem", TableName="Tasks", Key=key) for key in (1, 2, 1)]

    assert [cloud(request).body for request in requests] == [b"1", b"2", b"1"]


def test_writes_are_replayed_by_their_tables() -> None:
    cloud = ReplayingCloud(Upstream())
    put = [{"Put": {"TableName": "Tasks", "Item": number}} for number in (1, 2)]
    requests = [
        aws_request("TransactWriteItems", TransactItems=put[:1]),
        aws_request("TransactWriteItems", TransactItems=put[1:]),
        aws_request("TransactWriteItems", TransactItems=[{"Delete": {"TableName": "Users"}}]),
        aws_request("BatchWriteItem", RequestItems={"Users": []}),
    ]

    assert [cloud(request).body for request in requests] == [b"1", b"1", b"2", b"3"]


def test_calls_are_counted_by_service() -> None:
    cloud = ReplayingCloud(Upstream())
    for request in (
        aws_request("GetItem"),
        aws_request("GetItem"),
        aws_request("GetSecretValue", service="secretsmanager"),
    ):
        cloud(request)

    assert cloud.calls == {"GetItem": 2, "secretsmanager.GetSecretValue": 1}


def test_a_response_has_its_checksum() -> None:
    response = ReplayingCloud(Upstream())(aws_request("GetItem"))

    assert response.headers["x-amz-crc32"] == str(crc32(b"1"))


def test_a_new_request_is_forwarded() -> None:
    seen = list[Request]()

    def respond(request: Request) -> Response:
        seen.append(request)
        return Response(status=400, headers={"content-type": "text/x"}, body=b"no")

    with serving(respond) as address:
        received = upstream(address)(aws_request("GetItem", Key=1))

    assert (received.status, received.headers, received.body) == (400, {"content-type": "text/x"}, b"no")
    assert json.loads(seen[0].body) == {"Key": 1}


# -- The Runtime API -----------------------------------------------------------------


@pytest.fixture
def api() -> Iterator[tuple[RuntimeApi, HTTPConnection]]:
    """The Runtime API, and a connection to it."""
    api = RuntimeApi()
    with serving(api) as address:
        connection = HTTPConnection(address, timeout=60)
        yield api, connection
        connection.close()


def send(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes, str]:
    """Send a request on the open connection."""
    connection.request(method, VERSION + path, body)
    response = connection.getresponse()
    return response.status, response.read(), response.headers.get("lambda-runtime-aws-request-id", "")


def test_a_process_receives_an_event_and_responds(api: tuple[RuntimeApi, HTTPConnection]) -> None:
    runtime, connection = api

    def process_one() -> None:
        _, event, request = send(connection, "GET", "invocation/next")
        send(connection, "POST", f"invocation/{request}/response", b"seen " + event)
        send(connection, "GET", "invocation/next")

    process = Thread(target=process_one, daemon=True)
    process.start()
    runtime.wait_until_idle(alive)
    seconds, response = runtime.invoke(b"it", alive)
    runtime.close()
    process.join(5)

    assert (response, 0 < seconds < 5) == (b"seen it", True)


def test_a_reported_error_is_recorded(api: tuple[RuntimeApi, HTTPConnection]) -> None:
    runtime, connection = api

    assert send(connection, "POST", "init/error", b"why")[0] == 202
    assert runtime.error == b"why"


def test_waiting_stops_when_the_process_ends() -> None:
    with pytest.raises(Broken, match="ended"):
        RuntimeApi().wait_until_idle(lambda: False)


# -- Counting -------------------------------------------------------------------------

CALLGRIND = """
totals: 100
ob=(1) /usr/lib/libpython3.so
fn=(1) a
+1 20
cob=(2) /opt/python/_argon2_cffi_bindings/_ffi.abi3.so
cfn=(2) b
calls=1 7
* 56
cob=(3) /usr/lib/libc.so.6
cfn=(3) c
calls=1 7
* 5
ob=(2)
fn=(2)
5 30
-2 20
cob=(3)
cfn=(3)
calls=1 7
* 4
cob=(1)
cfn=(4) d
calls=1 7
+1 2
ob=(3)
fn=(3)
5 9
ob=(1)
fn=(4)
+3 21
"""


def test_hashing_is_counted_by_library_and_caller() -> None:
    """The C library also has other callers, and the hashing library calls Python back."""
    assert split(CALLGRIND.splitlines()) == (100, 54)


def test_a_run_has_a_start_a_first_request_and_later_ones() -> None:
    counted = summed([(1000, 0), (150, 50), (90, 50), (70, 50)])

    assert counted == Instructions(init=1000, first=100, later=30, hashing=50)
    assert counted.cold == 1100


def test_modules_are_counted_with_their_packages() -> None:
    output = "import time: self [us] | cumulative | imported package\nimport time:   7 |   9 |   a.b\n"
    loaded = imports(f"{output}a line of the log\nimport time:   5 |   16 | a\nimport time:   20 |   20 | c\n")

    assert loaded == [("a.b", 7), ("a", 5), ("c", 20)]
    assert by_package(loaded) == {"c": 20, "a": 12}


def test_only_existing_files_are_counted() -> None:
    trace = '7 openat(AT_FDCWD, "/a", O_RDONLY) = 3\n7 openat(AT_FDCWD, "/b", O_RDONLY) = -1 ENOENT (No such file)\n'

    assert opened(trace) == 1


def snapshot(wall: float, cpu: float) -> Snapshot:
    """Return a snapshot without calls."""
    return Snapshot(wall=wall, cpu=cpu, calls={})


def test_times_are_of_the_start_the_first_request_and_the_median_of_later_ones() -> None:
    snapshots = [snapshot(11, 0.5), snapshot(12, 0.75), snapshot(13, 0.78), snapshot(14, 0.79), snapshot(15, 0.81)]
    run = Run(started=10, snapshots=snapshots, seconds=[0.5, 0.3, 0.1, 0.2], peak_kib=2048)

    figures = times(run)
    assert (figures.init, figures.init_cpu, figures.cold_cpu) == (1000, 500, 750)
    assert (figures.first, figures.first_cpu) == (500, 250)
    assert (figures.later, round(figures.later_cpu), figures.peak_mib) == (200, 20, 2)


def equal_times(value: float) -> Times:
    """Return times that are all the same."""
    names = ("init", "init_cpu", "first", "first_cpu", "later", "later_cpu", "peak_mib")
    return Times(**dict.fromkeys(names, value))


def test_rounds_are_summarized_by_their_median() -> None:
    assert medians([equal_times(1), equal_times(100), equal_times(2)]) == equal_times(2)


# -- The report ------------------------------------------------------------------------


def figures(
    name: str, init: int, first: int, later: int, *, trips: int = 1, request: BenchRequest | None = None
) -> Figures:
    """Return the figures of a measured function."""
    return Figures(
        name=name,
        request=request or BenchRequest(),
        inventory=Inventory(modules=7, files=None, calls=({}, {}, {"GetItem": trips, "secretsmanager.Get": 9})),
        times=equal_times(3),
        instructions=Instructions(init=init, first=first, later=later),
    )


BARE = figures("bare", 80, 20, 10)


def test_ratios_are_to_bare_and_warm_ones_for_each_call_of_dynamodb() -> None:
    found = {ratio.name: ratio.value for ratio in ratios(figures("A", 110, 40, 20, trips=2), BARE)}

    assert found == {"cold": 1.5, "first ÷ later": 2.0, "warm": 1.0}


def test_a_function_without_calls_is_compared_as_with_one() -> None:
    assert ratios(figures("A", 80, 20, 5, trips=0), BARE)[2].value == 0.5


def test_an_exceeded_limit_is_reported() -> None:
    every = [figures("A", 130, 20, 10), figures("B", 110, 10, 10)]

    assert exceeded(every, BARE) == ["A: cold is 1.500, and must be 1.40 at most"]


def test_functions_that_call_providers_have_other_limits() -> None:
    assert exceeded([figures("A", 130, 20, 10, request=BenchRequest(provider=True))], BARE) == []


def test_the_table_has_a_line_per_function_with_remarks() -> None:
    lines = list(table([BARE, figures("A", 110, 40, 20, request=BenchRequest(hashes=True, about="a page"))], BARE))

    assert [line.split()[0] for line in lines[2:]] == ["bare", "A"]
    assert lines[3].endswith("a page; hashing counted apart")


def test_the_json_has_every_figure(tmp_path: Path) -> None:
    write(tmp_path / "a/bench.json", [BARE], BARE, {"layers": {"Common": 5}})
    document = json.loads((tmp_path / "a/bench.json").read_text())

    assert document["layers"] == {"Common": 5}
    assert document["subjects"]["bare"]["ratios"]["cold"] == 1
    assert document["subjects"]["bare"]["instructions"]["first"] == 20


def test_the_plot_has_bars_lines_and_both_colour_schemes() -> None:
    picture = svg(panels([("A", 0.9, False), ("B & C", 1.5, False), ("D", 1.5, True)], ("natural", 2.4)), ["natural"])
    root = ET.fromstring(picture)  # noqa: S314 -- our own SVG
    kinds = [(element.tag.rpartition("}")[2], element.get("class")) for element in root.iter()]

    assert [kind for tag, kind in kinds if tag == "rect"] == ["good", "poor", "yardstick", "fair", "yardstick"]
    assert [kind for tag, kind in kinds if tag == "line"] == ["aim", "must"] * 2
    assert f"must {limits.COLD.must:.2f}" in picture
    assert "prefers-color-scheme: dark" in picture
