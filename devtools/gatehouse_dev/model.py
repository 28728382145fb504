"""The parts of a template that the local cloud uses."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gatehouse_dev.template_file import Properties

BOOTSTRAP_HANDLER = "gatehouse.bootstrap.handler"
FUNCTION_HANDLER = "handler.handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route of the API, and its function."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """The route key of API Gateway: `POST /api/tasks`."""
        return f"{self.method} {self.path}" if self.path != "$default" else "$default"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """One DynamoDB event of a function; `maximum_retry_attempts` -1 means no limit."""

    table: str
    filters: tuple[Properties, ...] = ()
    batch_size: int = 100
    maximum_retry_attempts: int = -1
    bisect: bool = False
    report_batch_item_failures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One Schedule event of a function; `input` is JSON that replaces EventBridge's event."""

    expression: str
    interval: timedelta
    input: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the template; `timeout` in seconds, `memory` in MiB."""

    name: str
    folder: Path
    handler: str
    environment: dict[str, str]
    timeout: int
    memory: int
    routes: tuple[Route, ...] = ()
    streams: tuple[StreamSource, ...] = ()
    schedules: tuple[Schedule, ...] = ()

    @property
    def entry(self) -> tuple[Path, str]:
        """The handler's file and name. For the bootstrap handler that is `handler.handler`."""
        module, _, name = (FUNCTION_HANDLER if self.handler == BOOTSTRAP_HANDLER else self.handler).rpartition(".")
        return self.folder / f"{module}.py", name


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors:
    """CORS of the HTTP API; `max_age` in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None
