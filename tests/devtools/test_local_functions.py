"""Functions are loaded as Lambda loads them, and reloaded when their code changes."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gatehouse_dev import context as context_module
from gatehouse_dev.functions import FunctionFailed, FunctionPools, missing_handlers
from gatehouse_dev.template import Template, load
from tests.devtools.conftest import Project

ONE = """
    Resources:
      Common: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layers/common } }
      One:
        Type: AWS::Serverless::Function
        Properties: { CodeUri: functions/one, Handler: handler.handler, MemorySize: 512, Timeout: 10 }
"""


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """The file of a package in the layer."""
    path = tmp_path / "layers" / "common" / "shared_by_functions" / "__init__.py"
    path.parent.mkdir(parents=True)
    path.write_text("word = 'old'\n")
    before = list(sys.path)
    yield path
    sys.path[:] = before
    sys.modules.pop("shared_by_functions", None)


@pytest.fixture
def one(project: Project) -> Template:
    return load(project(ONE, one="handler = None"))


def write(template: Template, code: str) -> None:
    (template.functions["One"].folder / "handler.py").write_text(code)


def test_a_handler_gets_the_event_and_a_lambda_context(one: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    write(one, "def handler(event, context): return event, context, context.get_remaining_time_in_millis()")

    result: Any = FunctionPools(one).invoke("One", {"a": 1})
    event, context, left = result

    assert event == {"a": 1}
    assert (context.function_name, context.memory_limit_in_mb) == ("One", "512")
    assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:One"
    assert len(context.aws_request_id) == 36
    assert left == 10_000


def test_handlers_have_an_event_loop_in_any_thread(one: Template) -> None:
    write(
        one,
        "import asyncio\nasync def work(): return threading.get_ident()\nimport threading\n"
        "def handler(event, context): return asyncio.get_event_loop().run_until_complete(work())",
    )
    pools = FunctionPools(one)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: pools.invoke("One", {}), range(40)))


def test_an_instance_serves_one_event_at_a_time_and_others_wait(one: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = SimpleNamespace(now=0, most=0, lock=threading.Lock(), three=threading.Event())
    monkeypatch.setattr("builtins.seen", seen, raising=False)
    write(
        one,
        "import time\nbusy = []\n"
        "def handler(event, context):\n"
        "    assert not busy\n"
        "    busy.append(1)\n"
        "    with seen.lock: seen.now += 1; seen.most = max(seen.most, seen.now)\n"
        "    if seen.most == 3: seen.three.set()\n"
        "    seen.three.wait(60)\n"
        "    time.sleep(0.02)\n"
        "    with seen.lock: seen.now -= 1\n"
        "    busy.clear()\n"
        "    return 1\n",
    )
    pools = FunctionPools(one, instances=3)

    with ThreadPoolExecutor(50) as pool:
        assert sum(int(str(result)) for result in pool.map(lambda _: pools.invoke("One", {}), range(50))) == 50
    assert seen.most == 3


def test_a_reload_loads_new_code_of_handler_and_layer(one: Template, shared: Path) -> None:
    write(one, "import shared_by_functions\ndef handler(event, context): return shared_by_functions.word")
    pools = FunctionPools(one)
    assert pools.invoke("One", {}) == "old"

    shared.write_text("word = 'new'\n")
    assert pools.invoke("One", {}) == "old"
    pools.reload(one)

    assert pools.invoke("One", {}) == "new"


def test_a_running_call_finishes_with_the_old_code(one: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, reloaded = threading.Event(), threading.Event()
    monkeypatch.setattr("builtins.begun", begun, raising=False)
    monkeypatch.setattr("builtins.reloaded", reloaded, raising=False)
    write(one, "word = 'old'\ndef handler(event, context):\n    begun.set()\n    reloaded.wait(60)\n    return word")
    pools = FunctionPools(one)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(pools.invoke, "One", {})
        assert begun.wait(60)
        write(one, "def handler(event, context): return 'new'")
        pools.reload(one)
        assert pools.invoke("One", {}) == "new"
        reloaded.set()
        assert running.result() == "old"


def test_a_syntax_error_is_printed_and_fixed_by_the_next_edit(
    one: Template, capsys: pytest.CaptureFixture[str]
) -> None:
    write(one, "def handler(event, context) return 1")
    pools = FunctionPools(one)
    with pytest.raises(FunctionFailed):
        pools.invoke("One", {})
    assert "SyntaxError" in capsys.readouterr().err

    write(one, "def handler(event, context): return 1")
    pools.reload(one)

    assert pools.invoke("One", {}) == 1


def test_an_exception_prints_its_traceback_and_the_function_still_runs(
    one: Template, capsys: pytest.CaptureFixture[str]
) -> None:
    write(one, "def handler(event, context): return 1 / event['by']")
    pools = FunctionPools(one)

    with pytest.raises(FunctionFailed):
        pools.invoke("One", {"by": 0})
    assert "One failed" in (printed := capsys.readouterr().err)
    assert "ZeroDivisionError" in printed
    assert pools.invoke("One", {"by": 1}) == 1


def test_a_missing_handler_is_reported(project: Project) -> None:
    assert missing_handlers(load(project(ONE))) == ["One"]
    assert missing_handlers(load(project(ONE, one=""))) == []
