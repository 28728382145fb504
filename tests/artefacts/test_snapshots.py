"""SnapStart under AWS's runtime client: what a snapshot contains, and what a restored copy makes anew."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from tests.artefacts.instance import running, unavailable
from tests.artefacts.subjects import Artefacts
from tests.artefacts.test_artefacts import FACTS, METRICS
from tests.performance.lambda_process import Responder, RuntimeApi
from tests.support.sample_events import function_name, samples
from tests.support.scripted_service import Request, http_message
from tests.template.test_deployments import WITH_ALIAS

pytestmark = [pytest.mark.built, pytest.mark.skipif(bool(unavailable()), reason=f"no user namespaces: {unavailable()}")]
FIRST_KEY, SECOND_KEY = "AKIABEFORE", "AKIAAFTER"
NEW, SAME = "new random numbers", "the same random numbers in each copy"
RUNTIME_CLIENT = f"""
import random, runpy
from snapshot_restore_py import register_after_restore, register_before_snapshot

def last_before():  # hooks before a snapshot run in reverse order, and those after a restore in order
    state = random.getstate()
    register_after_restore(lambda: print("{SAME}" if random.getstate() == state else "{NEW}"))

register_before_snapshot(last_before)
runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
"""


class SnapshotApi(RuntimeApi):
    """The Runtime API of SnapStart, with its endpoint of credentials, which are others once it has `restored`."""

    def __init__(self) -> None:
        super().__init__()
        self.restored = Event()

    def __call__(self, request: Request) -> bytes:
        """Respond to the process. It is a snapshot until the response to `/restore/next`."""
        path = request.start.split()[1]
        if path.endswith("/restore/next"):
            self._received.put(("snapshot", b""))
            self.restored.wait()
            return http_message(200, {}, b"")
        if path == "/credentials":
            return http_message(200, {}, self._credentials())
        return super().__call__(request)

    def _credentials(self) -> bytes:
        key = SECOND_KEY if self.restored.is_set() else FIRST_KEY
        expiration = datetime.now(UTC) + timedelta(hours=6)
        found = {"AccessKeyId": key, "SecretAccessKey": "s", "Token": "t", "Expiration": expiration.isoformat()}
        return json.dumps(found).encode()


class RecordedCloud:
    """An AWS that records the operation and the access key of each call."""

    def __init__(self, cloud: Callable[[], Responder]) -> None:
        self._cloud = cloud
        self.operations, self.access_keys = list[str](), set[str]()

    def __call__(self) -> Responder:
        """Return AWS with the original rows."""
        respond = self._cloud()

        def recording(request: Request) -> bytes:
            self.operations.append(request.headers.get("x-amz-target", "").rpartition(".")[2])
            self.access_keys |= set(re.findall(r"Credential=(\w+)/", request.headers.get("authorization", "")))
            return respond(request)

        return recording


@pytest.mark.parametrize("name", [name for name in samples() if function_name(name) in WITH_ALIAS])
def test_a_snapshot_has_no_secret_and_a_copy_begins_anew(artefacts: Artefacts, name: str, tmp_path: Path) -> None:
    """A copy has connections, credentials and random numbers of its own."""
    subject, call, api = artefacts.subject(name), artefacts.call(name), SnapshotApi()
    cloud = RecordedCloud(subject.cloud)
    subject = replace(subject, cloud=cloud, command=(*subject.command[:-2], "-c", RUNTIME_CLIENT))
    assert call
    with running(subject, tmp_path, api, variables_for_snapshots) as instance:
        instance.wait_for("snapshot")
        connections = count_connections(instance.process.pid)
        operations, keys = [*cloud.operations], [*cloud.access_keys]
        cloud.access_keys.clear()
        api.restored.set()
        instance.wait_for("next")
        for _ in range(3):
            call.check(instance.invoke(call.event))
        printed = instance.printed()

    assert connections == 1  # to the Runtime API
    assert set(operations) <= {"BatchGetItem"}
    assert [line for line in printed.splitlines() if not line.startswith((FACTS, METRICS))] == [NEW]
    assert set(keys) <= {FIRST_KEY}
    assert cloud.access_keys == (set() if name.startswith("pages/") else {SECOND_KEY})


def variables_for_snapshots(variables: dict[str, str]) -> dict[str, str]:
    """Return a function's variables with SnapStart: keys are not among them, but are asked for."""
    keys = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
    return {name: value for name, value in variables.items() if name not in keys} | {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{variables['AWS_LAMBDA_RUNTIME_API']}/credentials",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
    }


def count_connections(pid: int) -> int:
    """Return the number of TCP connections that a process has."""
    files = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return sum(f"socket:[{line.split()[9]}]" in files for line in lines)
