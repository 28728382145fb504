"""The embedded AWS: moto in this process, made thread-safe, with fixes for mail and secrets.

moto intercepts every botocore client of the process, in any thread, so the patches here apply to all of them.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr
from re import escape
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.config import DefaultConfig
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.models import dynamodbstreams_backends
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler
from moto.secretsmanager.models import SecretsManagerBackend
from moto.sesv2.responses import SESV2Response

from gatehouse_dev import moto_speedups
from gatehouse_dev.moto_snapshots import cheap_snapshots
from gatehouse_dev.resource_names import ACCOUNT, REGION

READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List", "TransactGet")

MAX_ITERATORS = 100

type Listener = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one address, as SES received it."""

    to: str
    subject: str
    text: str
    html: str
    created_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


class Engine:
    """moto, running for one cloud."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.listeners: list[Listener] = []
        self.lock = threading.RLock()

    @contextmanager
    def running(self, endpoint: str | None) -> Iterator[None]:
        """Serve AWS while entered; requests to the endpoint pass through."""
        through = {"urls": [escape(endpoint)]} if endpoint else {}
        config = DefaultConfig(core={"mock_credentials": False, "passthrough": through})  # type: ignore[typeddict-item]
        with ExitStack() as stack:
            stack.enter_context(mock_aws(config=config))
            for handler in (DynamoHandler, DynamoDBStreamsHandler):
                stack.enter_context(patch.object(handler, "_dispatch", self._serialized(handler._dispatch)))  # noqa: SLF001  # URL maps hold bound `dispatch` already
            transact = cheap_snapshots(DynamoDBBackend.transact_write_items)
            stack.enter_context(patch.object(DynamoDBBackend, "transact_write_items", transact))
            stack.enter_context(moto_speedups.applied())
            stack.enter_context(
                patch.object(SESV2Response, "send_email", self._recording_mail(SESV2Response.send_email))
            )
            move_stage = _current_version_following(SecretsManagerBackend.update_secret_version_stage)
            stack.enter_context(patch.object(SecretsManagerBackend, "update_secret_version_stage", move_stage))
            yield

    def clear(self) -> None:
        """Delete all rows, stream records and mails; the streams get new labels."""
        with self.lock:
            for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
                table.items.clear()
                table.set_stream_specification(table.stream_specification)
            self.mails.clear()

    def _serialized(self, dispatch: Callable[..., Any]) -> Callable[..., Any]:
        """Serialize calls: concurrent transactions in moto lose acknowledged writes and answer 500."""

        def locked(handler: Any, request: Any, *rest: Any, **named: Any) -> Any:  # moto's own signature
            with self.lock:
                answer = dispatch(handler, request, *rest, **named)
                _drop_old_iterators()
            if not request.headers.get("X-Amz-Target", "").split(".")[-1].startswith(READS):
                for listener in tuple(self.listeners):
                    listener(request.data)
            return answer

        return locked

    def _recording_mail(self, send_email: Callable[[Any], str]) -> Callable[[Any], str]:
        """Record both parts of a mail: moto drops the text when there is HTML."""

        def sent(response: Any) -> str:  # moto's own signature
            answer = send_email(response)
            self.mails.extend(_mails(json.loads(response.body)))
            return answer

        return sent


def _current_version_following(move_stage: Callable[..., Any]) -> Callable[..., Any]:
    """Return the new version by default once AWSCURRENT moved: moto keeps returning the old one."""

    def move(backend: Any, secret_id: str, *moved: Any, **named: Any) -> Any:  # moto's own signature
        answer = move_stage(backend, secret_id, *moved, **named)
        versions = backend.secrets[secret_id].versions
        current = next(name for name, held in versions.items() if "AWSCURRENT" in held["version_stages"])
        backend.secrets[secret_id].set_default_version_id(current)
        return answer

    return move


def _drop_old_iterators() -> None:
    """Drop old shard iterators: moto keeps each for ever, with the rows of its table."""
    iterators = dynamodbstreams_backends[ACCOUNT][REGION].shard_iterators
    while len(iterators) > MAX_ITERATORS:
        del iterators[next(iter(iterators))]


def _mails(request: dict[str, Any]) -> Iterator[Mail]:
    message = request["Content"].get("Simple")
    if message is None:
        return
    body = message["Body"]
    for address in request.get("Destination", {}).get("ToAddresses", ()):
        yield Mail(
            to=parseaddr(address)[1],
            subject=message["Subject"]["Data"],
            text=body.get("Text", {}).get("Data", ""),
            html=body.get("Html", {}).get("Data", ""),
            created_at=datetime.now(UTC),
            headers={one["Name"]: one["Value"] for one in message.get("Headers", ())},
        )
