"""Runs files of Node's test runner in concurrent processes, against services with different settings."""

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
CONCURRENCY = 4
_TIMEOUT = 600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The environment of files with the same settings: a service, variables, and a lock if files disturb each other."""

    service: Service
    variables: dict[str, str] = field(default_factory=dict)
    lock: AbstractContextManager[object] = field(default_factory=nullcontext)


type StartEnvironment = Callable[[str], AbstractContextManager[Environment]]
type Check = Callable[[str], None]


def settings_of(script: str, default: str) -> str:
    """Return the name of a script's settings: `strict` for `rates.strict.test.mjs`."""
    _, *named = script.removesuffix(".test.mjs").split(".")
    return named[0] if named else default


def selected_scripts(request: pytest.FixtureRequest) -> list[str]:
    """Return the selected scripts of a fixture's module, with the fixture's parameter if it has one."""
    items = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    found = [item.callspec.params for item in items]
    group = getattr(request, "param", None)
    return [params["script"] for params in found if "script" in params and params.get(request.fixturename) == group]


@contextmanager
def running(scripts: Collection[Path], default: str, start: StartEnvironment) -> Iterator[Check]:
    """Run scripts concurrently, with one environment per settings. Yields a function that fails if a script failed."""
    settings = {script: settings_of(script.name, default) for script in scripts}
    with ExitStack() as environments, ThreadPoolExecutor(CONCURRENCY) as pool:
        started = {
            name: pool.submit(environments.enter_context, start(name)) for name in sorted(set(settings.values()))
        }
        runs = {script.name: pool.submit(_run, script, started[name]) for script, name in settings.items()}
        try:
            yield lambda script: runs[script].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _run(script: Path, started: Future[Environment]) -> None:
    environment = started.result()
    with environment.lock:
        run = subprocess.run(  # noqa: S603 -- our own script
            [str(NODE), "--test-reporter=spec", script.name],
            cwd=script.parent,
            env=os.environ
            | {"GATEHOUSE_URL": environment.service.url, "SERVICE_CLOCK": str(environment.service.clock)}
            | environment.variables,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr + environment.service.log()
