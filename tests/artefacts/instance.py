"""An instance of a deployed function: AWS's runtime client in a process of its own, in a root like Lambda's."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import STDOUT, Popen

from tests.performance.lambda_process import RuntimeApi, Subject, Usage, lambda_environment, process_usage, sending
from tests.performance.requests import Broken
from tests.support.scripted_service import Request, ScriptedService

LAMBDA_ROOT = Path(__file__).with_name("lambda_root.sh")
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
TASK, OPT, RUNTIME = Path("/var/task"), Path("/opt/python"), Path("/var/runtime")
LOGGING = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"}  # as the template's LoggingConfig
NOT_LAMBDAS = ("HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED")  # the benchmark sets them, too


def unavailable() -> str:
    """Return why there can be no such root on this machine, or an empty string."""
    try:
        tried = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False)  # noqa: S603 -- ours
    except FileNotFoundError:
        return "unshare, of util-linux, is not installed"
    return tried.stderr.strip()


@dataclass(slots=True)
class Instance:
    """A running function, which finds the original rows in each invocation; what it printed is in `log`."""

    process: Popen[bytes]
    api: RuntimeApi
    log: Path
    restore_rows: Callable[[], None]

    def invoke(self, event: bytes) -> bytes:
        """Return the function's answer to an event; Broken if it reports an error, or ends."""
        self.restore_rows()
        self.api.events.put(event)
        answer = self.wait_for("response")
        self.wait_for("next")
        return answer

    def wait_for(self, kind: str) -> bytes:
        """Wait for a request to the Runtime API; Broken, with what was printed, if there is another one."""
        try:
            return self.api.wait_for(kind, self.process)
        except Broken as broken:
            raise Broken(f"{broken}\n{self.printed()[-3000:]}") from None

    def printed(self) -> str:
        """Return what the process printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def usage(self) -> Usage:
        """Return the process's CPU time and peak memory until now."""
        return process_usage(self.process.pid, 0)

    def files(self) -> list[str]:
        """Return the names of what is in its /tmp."""
        return [path.name for path in Path(f"/proc/{self.process.pid}/root/tmp").iterdir()]


@contextmanager
def running(
    subject: Subject, folder: Path, api: RuntimeApi, change: Callable[[dict[str, str]], dict[str, str]] = dict
) -> Iterator[Instance]:
    """Run a function; the empty `folder` is for its root and log, and `change` changes its variables."""
    root, log, clouds = folder / "root", folder / "log", [subject.cloud()]
    root.mkdir()

    def aws(request: Request) -> bytes:
        return clouds[-1](request)

    seen = replace(subject, function=replace(subject.function, folder=TASK), opt=OPT)
    with ScriptedService() as runtime, ScriptedService() as cloud, log.open("wb") as output:
        runtime.behaviours, cloud.behaviours = [sending(api)], [sending(aws)]
        variables = lambda_environment(seen, _address(runtime), _address(cloud)) | LOGGING
        process = Popen(  # noqa: S603 -- ours
            [*UNSHARE, "sh", str(LAMBDA_ROOT), str(root), *_command(subject)],
            env=change({name: value for name, value in variables.items() if name not in NOT_LAMBDAS}),
            stdout=output,
            stderr=STDOUT,
        )
        try:
            yield Instance(process, api, log, restore_rows=lambda: clouds.append(subject.cloud()))
        finally:
            process.kill()
            process.wait()
            api.events.put(b"")  # ends the thread that waits for one


def _address(service: ScriptedService) -> str:
    """Return the URL by its address: the root has no table of hosts."""
    return service.url.replace("localhost", "127.0.0.1")


def _command(subject: Subject) -> list[str]:
    """Return the script's arguments after the root: folders, and the runtime client where it will be."""
    python, *options = subject.command
    runtime = Path(python).parents[1]
    folders = subject.function.folder, subject.opt, runtime, sys.base_prefix
    seen = RUNTIME / Path(python).relative_to(runtime)
    return [*map(str, folders), str(seen), *options, subject.function.handler]
