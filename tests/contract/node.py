"""Files of Node's own test runner, each in a process of its own: some at once, for they wait more than they work."""

import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.service import Service

NODE = shutil.which("node")
AT_ONCE = 4
_LONGEST = 600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What files with the same settings find: a service, variables, and turns where they would disturb each other."""

    service: Service
    variables: dict[str, str] = field(default_factory=dict)
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)


type Start = Callable[[str], AbstractContextManager[Place]]
type Outcome = Callable[[str], None]


def settings_of(script: str, usual: str) -> str:
    """The name of a script's settings: `short` for `sessions.short.test.mjs`."""
    _, *named = script.removesuffix(".test.mjs").split(".")
    return named[0] if named else usual


def chosen(request: pytest.FixtureRequest) -> list[str]:
    """The scripts of this run that share a fixture: those of its module, and with its parameter if it has one."""
    items = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    found = [item.callspec.params for item in items]
    group = getattr(request, "param", None)
    return [params["script"] for params in found if "script" in params and params.get(request.fixturename) == group]


@contextmanager
def running(scripts: Collection[Path], usual: str, start: Start) -> Iterator[Outcome]:
    """Run them in places that `start` makes by their settings' names; called with a script, fail if it failed."""
    settings = {script: settings_of(script.name, usual) for script in scripts}
    with ExitStack() as places, ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {name: pool.submit(places.enter_context, start(name)) for name in sorted(set(settings.values()))}
        runs = {script.name: pool.submit(_run, script, begun[name]) for script, name in settings.items()}
        try:
            yield lambda script: runs[script].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _run(script: Path, begun: Future[Place]) -> None:
    place = begun.result()
    with place.turn:
        run = subprocess.run(  # noqa: S603 -- our own file
            [str(NODE), "--test-reporter=spec", script.name],
            cwd=script.parent,
            env=os.environ
            | {"GATEHOUSE_URL": place.service.url, "SERVICE_CLOCK": str(place.service.clock)}
            | place.variables,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr + place.service.log()
