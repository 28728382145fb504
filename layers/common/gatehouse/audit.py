"""The audit trail: a line for each administrative action and each sign of theft, in a log group of its own.

Lines never change. A line has a hash of the user's id, which can be computed from the id, but not the other way round.
"""

import json
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import uuid4

import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from gatehouse import clock
from gatehouse.api_model import format_timestamp
from gatehouse.config import config
from gatehouse.telemetry import logger

_PATIENT = ClientConfig(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
IMPATIENT = ClientConfig(connect_timeout=0.5, read_timeout=1, retries={"total_max_attempts": 1})


def record(event: str, *, actor: str, user_id: str, **facts: Any) -> None:
    """Write one line to the audit trail; it is stored when this returns. Raises what botocore raises when it cannot be
    written.
    """
    _write(_client(), event, actor=actor, user_id=user_id, **facts)


def try_record(event: str, *, actor: str, user_id: str, **facts: Any) -> None:
    """As `record`, while a request waits: for three seconds at most, and a failure is only logged."""
    try:
        _write(_client(IMPATIENT), event, actor=actor, user_id=user_id, **facts)
    except (BotoCoreError, ClientError):
        logger.exception("audit trail unavailable", event_name=event)


def pseudonym(user_id: str) -> str:
    """Return the name of a user in the trail: the first 32 hex digits of the SHA-256 of the id."""
    return sha256(user_id.encode()).hexdigest()[:32]


def _write(client: Any, event: str, *, actor: str, user_id: str, **facts: Any) -> None:
    now = clock.now()
    line = {"event": event, "actor": actor, "subject": pseudonym(user_id), "time": format_timestamp(now), **facts}
    client.put_log_events(
        logGroupName=config().audit_log,
        logStreamName=_stream(client, config().audit_log),
        logEvents=[{"timestamp": round(now.timestamp() * 1000), "message": json.dumps(line)}],
    )


@cache
def _stream(client: Any, group: str) -> str:
    """Create and return a log stream for this process, because several processes may write at once."""
    name = f"{clock.now():%Y/%m/%d}/{uuid4()}"
    client.create_log_stream(logGroupName=group, logStreamName=name)
    return name


@cache
def _client(client_config: ClientConfig = _PATIENT) -> Any:
    return botocore.session.get_session().create_client("logs", config=client_config)
