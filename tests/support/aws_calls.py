"""Which function did what to AWS while the tests ran, and the calls of the latest invocation."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

CLIENT_SECRETS = {"google-client-secret", "oidc-client-secret"}

_current: ContextVar[str | None] = ContextVar("function", default=None)
_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One permission used: `dynamodb:PutItem` on `UsersTable`, or on `TasksTable/index/by_due_date`."""

    function: str
    action: str
    resource: str


class CallRecorder:
    """Acts of all functions, and the calls of the latest invocation."""

    def __init__(self) -> None:
        """Nothing was done yet."""
        self.acts: set[AwsCall] = set()
        self._thread = threading.local()

    @property
    def calls(self) -> list[str]:
        """The AWS operations of this thread's latest invocation, in order."""
        return list(self._thread.calls)

    @contextmanager
    def as_function(self, function: str) -> Iterator[None]:
        """Whatever happens inside is done by `function`."""
        self._thread.calls = []
        token = _current.set(function)
        try:
            yield
        finally:
            _current.reset(token)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note every call that any botocore client makes."""
        real = BaseClient._make_api_call  # type: ignore[attr-defined] # where all operations pass

        def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            function = _current.get()
            if function:
                self._thread.calls.append(operation)
                service = client.meta.service_model.signing_name
                self.acts |= {AwsCall(function, *used) for used in _used(service, operation, parameters)}
            return real(client, operation, parameters)

        with patch.object(BaseClient, "_make_api_call", noted):
            yield


def _used(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if service == "secretsmanager":
        yield f"{service}:{operation}", "client secrets" if parameters["SecretId"] in CLIENT_SECRETS else "Secret"
    elif service != "dynamodb":
        yield f"{service}:{operation}", "*"
    elif operation == "TransactWriteItems":
        for item in parameters["TransactItems"]:
            for kind, change in item.items():
                yield f"dynamodb:{_TRANSACTION[kind]}", change["TableName"]
    elif "RequestItems" in parameters:
        for table in parameters["RequestItems"]:
            yield f"dynamodb:{operation}", table
    elif "IndexName" in parameters:
        yield f"dynamodb:{operation}", f"{parameters['TableName']}/index/{parameters['IndexName']}"
    else:
        yield f"dynamodb:{operation}", parameters["TableName"]


RECORDER = CallRecorder()
_LATEST = Path(__file__).parents[2] / ".cache/acts.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCalls:
    """What a finished run did, and which files it was made of."""

    calls: frozenset[AwsCall]
    files: frozenset[str]


def save(acts: Iterable[AwsCall], files: Iterable[str]) -> None:
    """Let the next run see what this one did."""
    _LATEST.parent.mkdir(exist_ok=True)
    content = {"acts": sorted(map(astuple, acts)), "files": sorted(files)}
    _LATEST.write_text(json.dumps(content, indent=1), encoding="utf-8")


def load() -> RecordedCalls:
    """The latest run; empty when there was none."""
    if not _LATEST.exists():
        return RecordedCalls(calls=frozenset(), files=frozenset())
    content = json.loads(_LATEST.read_text(encoding="utf-8"))
    return RecordedCalls(calls=frozenset(AwsCall(*act) for act in content["acts"]), files=frozenset(content["files"]))
