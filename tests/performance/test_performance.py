"""The parts of the bench: what it asks, counts, remembers and tells."""

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
from tests.performance.child import Moment, Run
from tests.performance.figures import Figures, ratios, too_much
from tests.performance.instructions import Instructions, split, summed
from tests.performance.inventory import Inventory, by_package, imports, opened
from tests.performance.measuring import Times, middle, times
from tests.performance.memory import Memory, upstream
from tests.performance.packages import CONSTRAINTS, HERE
from tests.performance.plot import panels, svg
from tests.performance.report import table, write
from tests.performance.requests import REQUESTS, BenchRequest, filled
from tests.performance.runtime_api import VERSION, Broken, RuntimeApi
from tests.performance.serving import Request, Response, serving

PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def alive() -> bool:
    return True


# -- What is asked ------------------------------------------------------------------


def test_every_function_with_a_route_is_asked_something(template: Template) -> None:
    routed = {function.name: len(function.routes) for function in template.functions.values() if function.routes}

    assert REQUESTS.keys() == routed.keys()
    assert [name for name, ask in REQUESTS.items() if ask.route >= routed[name]] == []


def test_a_refusal_says_why_it_is_one() -> None:
    assert [name for name, ask in REQUESTS.items() if ask.status >= 400 and not ask.about] == []


def test_a_redirect_with_an_error_is_no_answer() -> None:
    ask = BenchRequest(status=302)
    answers: list[dict[str, Any]] = [
        {"statusCode": 302, "headers": {"location": f"/?{query}"}} for query in ("a=b", "error=state")
    ]

    assert [ask.is_answered_by(response) for response in [*answers, {"statusCode": 200}]] == [True, False, False]


def test_names_are_filled_in_however_deep() -> None:
    request = {"json": {"operations": [{"id": "TASK", "completed": True}]}, "task_id": "TASK", "query": "TASKS"}

    assert filled(request, {"TASK": "7"}) == {
        "json": {"operations": [{"id": "7", "completed": True}]},
        "task_id": "7",
        "query": "TASKS",
    }


# -- What it is compared with -------------------------------------------------------


def pins(path: Path) -> dict[str, str]:
    """The versions in a file of requirements."""
    return dict(PINNED.findall(path.read_text(encoding="utf-8")))


def test_a_yardstick_has_the_botocore_of_the_layer() -> None:
    assert pins(CONSTRAINTS)["botocore"] == pins(ROOT / "layers/vendor/requirements.txt")["botocore"]


@pytest.mark.parametrize("name", ["bare", "natural"])
def test_all_that_a_yardstick_takes_is_pinned(name: str) -> None:
    lines = (HERE / name / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {line for line in lines if not line.startswith("#")}

    assert wanted <= pins(CONSTRAINTS).keys()


# -- What is built --------------------------------------------------------------------

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


def test_layers_lie_over_each_other(build: Path) -> None:
    with Built(build, {}) as built:
        opt = built.opt("Worker")
        files = sorted(path.relative_to(opt).as_posix() for path in opt.rglob("*.py"))

    assert files == ["both/a.py", "both/b.py", "one.py"]
    assert not opt.exists()


def test_layers_are_weighed(build: Path) -> None:
    with Built(build, {}) as built:
        assert built.sizes(["Worker"]) == {"Vendor": 10, "Common": 5}
    assert size(build / "Vendor") == 10


def test_a_build_may_be_older_than_a_parameter(build: Path) -> None:
    with Built(build, {"New": "1"}) as built:
        assert built.functions == {}


def test_nothing_built_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match="make bench"):
        Built(tmp_path, {})


# -- The cloud that gives the same answers -----------------------------------------


class Upstream:
    """Answers each request with another number."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _: Request) -> Response:
        """Answer it."""
        self.asked += 1
        return Response(body=str(self.asked).encode())


def ask(operation: str, service: str = "DynamoDB_20120810", **body: object) -> Request:
    """What a function asks of AWS."""
    target = {"x-amz-target": f"{service}.{operation}"}
    return Request(method="POST", path="/", headers=target, body=json.dumps(body).encode())


def test_a_read_is_remembered_by_its_key() -> None:
    memory = Memory(Upstream())
    requests = [ask("GetItem", TableName="Tasks", Key=key) for key in (1, 2, 1)]

    assert [memory(request).body for request in requests] == [b"1", b"2", b"1"]


def test_a_write_is_remembered_by_its_tables() -> None:
    memory = Memory(Upstream())
    put = [{"Put": {"TableName": "Tasks", "Item": number}} for number in (1, 2)]
    requests = [
        ask("TransactWriteItems", TransactItems=put[:1]),
        ask("TransactWriteItems", TransactItems=put[1:]),
        ask("TransactWriteItems", TransactItems=[{"Delete": {"TableName": "Users"}}]),
        ask("BatchWriteItem", RequestItems={"Users": []}),
    ]

    assert [memory(request).body for request in requests] == [b"1", b"1", b"2", b"3"]


def test_calls_are_counted_and_those_of_others_told_apart() -> None:
    memory = Memory(Upstream())
    for request in (ask("GetItem"), ask("GetItem"), ask("GetSecretValue", service="secretsmanager")):
        memory(request)

    assert memory.calls == {"GetItem": 2, "secretsmanager.GetSecretValue": 1}


def test_an_answer_has_its_sum() -> None:
    response = Memory(Upstream())(ask("GetItem"))

    assert response.headers["x-amz-crc32"] == str(crc32(b"1"))


def test_what_is_not_known_is_asked_elsewhere() -> None:
    seen = list[Request]()

    def response(request: Request) -> Response:
        seen.append(request)
        return Response(status=400, headers={"content-type": "text/x"}, body=b"no")

    with serving(response) as address:
        got = upstream(address)(ask("GetItem", Key=1))

    assert (got.status, got.headers, got.body) == (400, {"content-type": "text/x"}, b"no")
    assert json.loads(seen[0].body) == {"Key": 1}


# -- The Runtime API -----------------------------------------------------------------


@pytest.fixture
def api() -> Iterator[tuple[RuntimeApi, HTTPConnection]]:
    """The Runtime API, and what a process has of it."""
    api = RuntimeApi()
    with serving(api) as address:
        connection = HTTPConnection(address, timeout=60)
        yield api, connection
        connection.close()


def asked(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes, str]:
    """One request on a connection that stays open."""
    connection.request(method, VERSION + path, body)
    response = connection.getresponse()
    return response.status, response.read(), response.headers.get("lambda-runtime-aws-request-id", "")


def test_a_process_is_handed_an_event_and_gives_its_answer(api: tuple[RuntimeApi, HTTPConnection]) -> None:
    ours, connection = api

    def live() -> None:
        _, event, request = asked(connection, "GET", "invocation/next")
        asked(connection, "POST", f"invocation/{request}/response", b"seen " + event)
        asked(connection, "GET", "invocation/next")

    process = Thread(target=live, daemon=True)
    process.start()
    ours.wait_until_asked(alive)
    seconds, response = ours.hand_out(b"it", alive)
    ours.close()
    process.join(5)

    assert (response, 0 < seconds < 5) == (b"seen it", True)


def test_an_error_is_kept(api: tuple[RuntimeApi, HTTPConnection]) -> None:
    ours, connection = api

    assert asked(connection, "POST", "init/error", b"why")[0] == 202
    assert ours.error == b"why"


def test_a_process_that_ends_is_not_waited_for() -> None:
    with pytest.raises(Broken, match="ended"):
        RuntimeApi().wait_until_asked(lambda: False)


# -- What is counted ------------------------------------------------------------------

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


def test_what_hashes_is_told_apart_by_where_it_happens_and_who_has_it_done() -> None:
    """The C library works for others, too, and Python is called back."""
    assert split(CALLGRIND.splitlines()) == (100, 54)


def test_a_run_is_a_start_a_first_request_and_later_ones() -> None:
    counted = summed([(1000, 0), (150, 50), (90, 50), (70, 50)])

    assert counted == Instructions(init=1000, first=100, later=30, hashing=50)
    assert counted.cold == 1100


def test_modules_are_counted_with_their_packages() -> None:
    written = "import time: self [us] | cumulative | imported package\nimport time:   7 |   9 |   a.b\n"
    loaded = imports(f"{written}a line of the log\nimport time:   5 |   16 | a\nimport time:   20 |   20 | c\n")

    assert loaded == [("a.b", 7), ("a", 5), ("c", 20)]
    assert by_package(loaded) == {"c": 20, "a": 12}


def test_files_are_counted_that_were_there() -> None:
    trace = '7 openat(AT_FDCWD, "/a", O_RDONLY) = 3\n7 openat(AT_FDCWD, "/b", O_RDONLY) = -1 ENOENT (No such file)\n'

    assert opened(trace) == 1


def moment(wall: float, cpu: float) -> Moment:
    """Of a process without calls."""
    return Moment(wall=wall, cpu=cpu, calls={})


def test_times_are_of_the_start_the_first_request_and_the_middle_of_later_ones() -> None:
    moments = [moment(11, 0.5), moment(12, 0.75), moment(13, 0.78), moment(14, 0.79), moment(15, 0.81)]
    run = Run(begun=10, moments=moments, seconds=[0.5, 0.3, 0.1, 0.2], peak_kib=2048)

    figures = times(run)
    assert (figures.init, figures.init_cpu, figures.cold_cpu) == (1000, 500, 750)
    assert (figures.first, figures.first_cpu) == (500, 250)
    assert (figures.later, round(figures.later_cpu), figures.peak_mib) == (200, 20, 2)


def of(value: float) -> Times:
    """Times that are all the same."""
    names = ("init", "init_cpu", "first", "first_cpu", "later", "later_cpu", "peak_mib")
    return Times(**dict.fromkeys(names, value))


def test_of_many_rounds_the_middle_counts() -> None:
    assert middle([of(1), of(100), of(2)]) == of(2)


# -- What is told ----------------------------------------------------------------------


def figures(
    name: str, init: int, first: int, later: int, *, trips: int = 1, asked: BenchRequest | None = None
) -> Figures:
    """A function that was counted, and measured."""
    return Figures(
        name=name,
        ask=asked or BenchRequest(),
        inventory=Inventory(modules=7, files=None, calls=({}, {}, {"GetItem": trips, "secretsmanager.Get": 9})),
        times=of(3),
        instructions=Instructions(init=init, first=first, later=later),
    )


BARE = figures("bare", 80, 20, 10)


def test_ratios_are_to_bare_and_warm_ones_for_each_call_of_dynamodb() -> None:
    found = {ratio.name: ratio.value for ratio in ratios(figures("A", 110, 40, 20, trips=2), BARE)}

    assert found == {"cold": 1.5, "first ÷ later": 2.0, "warm": 1.0}


def test_who_asks_nothing_is_compared_with_who_asks_once() -> None:
    assert ratios(figures("A", 80, 20, 5, trips=0), BARE)[2].value == 0.5


def test_what_is_too_much_is_named_with_its_limit() -> None:
    every = [figures("A", 130, 20, 10), figures("B", 110, 10, 10)]

    assert too_much(every, BARE) == ["A: cold is 1.500, and must be 1.40 at most"]


def test_those_with_providers_may_take_more() -> None:
    assert too_much([figures("A", 130, 20, 10, asked=BenchRequest(provider=True))], BARE) == []


def test_a_table_has_a_line_for_each_and_says_what_is_special() -> None:
    lines = list(table([BARE, figures("A", 110, 40, 20, asked=BenchRequest(hashes=True, about="a page"))], BARE))

    assert [line.split()[0] for line in lines[2:]] == ["bare", "A"]
    assert lines[3].endswith("a page; hashing counted apart")


def test_the_document_has_every_figure(tmp_path: Path) -> None:
    write(tmp_path / "a/bench.json", [BARE], BARE, {"layers": {"Common": 5}})
    document = json.loads((tmp_path / "a/bench.json").read_text())

    assert document["layers"] == {"Common": 5}
    assert document["subjects"]["bare"]["ratios"]["cold"] == 1
    assert document["subjects"]["bare"]["instructions"]["first"] == 20


def test_the_plot_has_bars_lines_and_both_schemes() -> None:
    picture = svg(panels([("A", 0.9, False), ("B & C", 1.5, False), ("D", 1.5, True)], ("natural", 2.4)), ["natural"])
    root = ET.fromstring(picture)  # noqa: S314 -- our own
    kinds = [(element.tag.rpartition("}")[2], element.get("class")) for element in root.iter()]

    assert [kind for tag, kind in kinds if tag == "rect"] == ["good", "poor", "yardstick", "fair", "yardstick"]
    assert [kind for tag, kind in kinds if tag == "line"] == ["aim", "must"] * 2
    assert f"must {limits.COLD.must:.2f}" in picture
    assert "prefers-color-scheme: dark" in picture
