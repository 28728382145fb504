"""Records which function made which AWS calls while the tests ran."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

KEYRING = "SessionsTable/KEYRING"
CLIENT_SECRETS = {"google-client-secret", "oidc-client-secret"}
SENDER = "no-reply@example.com"  # MailFrom in tests

_current: ContextVar[str | None] = ContextVar("function", default=None)
_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One permission used: `dynamodb:PutItem` on `UsersTable`, or on `TasksTable/index/by_due_date`.

    The keyring's partition of the sessions table is a resource of its own for writes: `SessionsTable/KEYRING`. A mail
    needs any identity (`identity/*`), and its configuration set.
    """

    function: str
    action: str
    resource: str


class CallRecorder:
    """The AWS calls of all functions, and the operations of the latest invocation."""

    def __init__(self) -> None:
        """Start without calls."""
        self.calls: set[AwsCall] = set()
        self._thread = threading.local()

    @property
    def latest_operations(self) -> list[str]:
        """The AWS operations of this thread's latest invocation, in order."""
        return list(self._thread.calls)

    @contextmanager
    def as_function(self, function: str) -> Iterator[None]:
        """Attribute the calls inside to `function`."""
        self._thread.calls = []
        token = _current.set(function)
        try:
            yield
        finally:
            _current.reset(token)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record every call of any botocore client."""
        real = BaseClient._make_api_call  # type: ignore[attr-defined] # all operations pass through it

        def record(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            function = _current.get()
            if function:
                self._thread.calls.append(operation)
                service = client.meta.service_model.signing_name
                self.calls |= {AwsCall(function, *used) for used in _permissions(service, operation, parameters)}
            return real(client, operation, parameters)

        with patch.object(BaseClient, "_make_api_call", record):
            yield


def _permissions(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if service == "secretsmanager":
        yield f"{service}:{operation}", "client secrets" if parameters["SecretId"] in CLIENT_SECRETS else "Secret"
    elif service == "dynamodb":
        yield from ((f"dynamodb:{action}", resource) for action, resource in _in_tables(operation, parameters))
    elif service == "ses":
        _, sender = parseaddr(parameters["FromEmailAddress"])
        yield f"{service}:{operation}", "identity/*" if sender == SENDER else f"identity/* from {sender}"
        if "ConfigurationSetName" in parameters:
            yield f"{service}:{operation}", f"configuration-set/{parameters['ConfigurationSetName']}"
    else:
        yield f"{service}:{operation}", "*"


def _in_tables(operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    tables = parameters.get("RequestItems", {})
    if operation == "TransactWriteItems":
        changes = [change for item in parameters["TransactItems"] for change in item.items()]
        yield from ((_TRANSACTION[kind], _written(change["TableName"], change)) for kind, change in changes)
    elif operation == "BatchWriteItem":
        yield from ((operation, _written(table, *item.values())) for table, items in tables.items() for item in items)
    elif operation in _WRITES:
        yield operation, _written(parameters["TableName"], parameters)
    elif "IndexName" in parameters:
        yield operation, f"{parameters['TableName']}/index/{parameters['IndexName']}"
    else:
        yield from ((operation, table) for table in tables or [parameters["TableName"]])


def _written(table: str, change: dict[str, Any]) -> str:
    """Return the resource that is written: a table, or the keyring's partition."""
    row = change.get("Item") or change["Key"]
    return KEYRING if table == "SessionsTable" and row["user_id"]["S"] == "KEYRING" else table


RECORDER = CallRecorder()
_LATEST = Path(__file__).parents[2] / ".cache/aws_calls.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCalls:
    """The AWS calls of a finished run, and its test files."""

    calls: frozenset[AwsCall]
    files: frozenset[str]


def save(calls: Iterable[AwsCall], files: Iterable[str]) -> None:
    """Save the calls for the next run."""
    _LATEST.parent.mkdir(exist_ok=True)
    content = {"calls": sorted(map(astuple, calls)), "files": sorted(files)}
    _LATEST.write_text(json.dumps(content, indent=1), encoding="utf-8")


def load() -> RecordedCalls:
    """Return the calls of the latest run; empty if there was none."""
    if not _LATEST.exists():
        return RecordedCalls(calls=frozenset(), files=frozenset())
    content = json.loads(_LATEST.read_text(encoding="utf-8"))
    calls = frozenset(AwsCall(*call) for call in content["calls"])
    return RecordedCalls(calls=calls, files=frozenset(content["files"]))
