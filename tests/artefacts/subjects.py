"""The functions of the build with their sample events, and calls for which there are rows."""

import json
import os
import runpy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest.mock import patch

from gatehouse_dev.functions import layer_folders
from gatehouse_dev.template import load
from tests.costs.background_jobs import deleted_user, mail
from tests.costs.call_users import CallUsers
from tests.performance.lambda_process import Subject
from tests.performance.packages import CACHE, runtime
from tests.performance.requests import REQUESTS, BenchRequest
from tests.performance.subjects import BARE, Build
from tests.performance.world import World, populated_world
from tests.support.layer import layer
from tests.support.sample_events import function_name, sample

BUILT = CACHE / "built/template.yaml"


class Call(NamedTuple):
    """An event for which there are rows, what checks the answer, and what is logged."""

    event: bytes
    check: Callable[[bytes], None] = lambda _: None
    logged: str = '"outcome": '


class Artefacts:
    """The functions of the build. Their layers are in `opt`, and `jobs` are calls of those that have no route."""

    def __init__(self, world: World, opt: Path, jobs: dict[str, Call]) -> None:
        """Merge the layers in `opt`, as they are in /opt/python."""
        self._world, self._opt, self._jobs = world, opt, jobs
        template = load(BUILT, world.parameters)
        self._functions = template.functions
        for folder in layer_folders(template):
            shutil.copytree(folder, opt, copy_function=os.link, dirs_exist_ok=True)
        self._script = runpy.run_path(str(opt / "gatehouse/pages/assets.py"))["find_asset"]("gatehouse.js").name

    def subject(self, name: str) -> Subject:
        """Return the function of a sample event, with that event: `tasks/create_task`."""
        return Subject(
            function=self._functions[function_name(name)],
            command=runtime(),
            opt=self._opt,
            event=json.dumps(sample(name)).encode(),
            request=BenchRequest(),
            cloud=self._world.cloud,
        )

    def call(self, name: str) -> Call | None:
        """Return the call for which there are rows, if the sample event is not one itself."""
        function = self._functions[function_name(name)]
        if not function.routes:
            return self._jobs.get(function.name)
        request = REQUESTS[function.name]
        event = self._world.event(function.routes[request.route].key, request, SCRIPT=self._script)
        return Call(event, request.check)

    def bare(self) -> Subject:
        """Return the benchmark's minimal yardstick."""
        return Build(self._world).yardstick(BARE)


@contextmanager
def built_artefacts() -> Iterator[Artefacts]:
    """Run an AWS with rows, for the functions of the build."""
    jobs: dict[str, Call] = {}

    def add(users: CallUsers) -> None:
        with patch.object(layer("clock"), "now", lambda: datetime.now(UTC) - timedelta(minutes=1)):  # erasures wait
            jobs["EraseUser"] = _job(deleted_user(users), "done")
        jobs["SendMail"] = _job(mail(users), "sent")

    with TemporaryDirectory(dir=CACHE) as opt, populated_world(add) as world:
        yield Artefacts(world, Path(opt), jobs)


def _job(events: list[dict[str, Any]], outcome: str) -> Call:
    """Return the call with the records of all events. Chance may order more work than was asked for."""
    records = [record for event in events for record in event["Records"]]
    return Call(json.dumps({"Records": records}).encode(), _check_batch, f'"outcome": "{outcome}"')


def _check_batch(answer: bytes) -> None:
    """Fail if a record is to be retried."""
    assert json.loads(answer) == {"batchItemFailures": []}
