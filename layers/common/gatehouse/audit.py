"""The audit trail: one line for each administrative action, in a log group of its own. Lines never change.

A line has a hash of the user's id: it can be computed from the id, but the id cannot be computed from it.
"""

import json
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import uuid4

import botocore.session
from botocore.config import Config as ClientConfig

from gatehouse import clock
from gatehouse.api_model import format_timestamp
from gatehouse.config import config


def record(event: str, *, actor: str, user_id: str, **facts: Any) -> None:
    """Write one line to the audit trail; it is stored when this returns. Raises what botocore raises when it cannot be
    written.
    """
    now = clock.now()
    line = {"event": event, "actor": actor, "subject": pseudonym(user_id), "time": format_timestamp(now), **facts}
    _client().put_log_events(
        logGroupName=config().audit_log,
        logStreamName=_stream(config().audit_log),
        logEvents=[{"timestamp": round(now.timestamp() * 1000), "message": json.dumps(line)}],
    )


def pseudonym(user_id: str) -> str:
    """Return the name of a user in the trail: the first 32 hex digits of the SHA-256 of the id."""
    return sha256(user_id.encode()).hexdigest()[:32]


@cache
def _stream(group: str) -> str:
    """Create and return a log stream for this process, because several processes may write at once."""
    name = f"{clock.now():%Y/%m/%d}/{uuid4()}"
    _client().create_log_stream(logGroupName=group, logStreamName=name)
    return name


@cache
def _client() -> Any:
    return botocore.session.get_session().create_client(
        "logs", config=ClientConfig(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
    )
