"""The audit trail: who did what to whom, in a log group of its own, where lines are added and never changed.

Users go by a hash of their id: whoever knows the id finds what was done, and nobody else learns who it was.
"""

import json
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import uuid4

import botocore.session
from botocore.config import Config as ClientConfig

from gatehouse import clock
from gatehouse.config import config
from gatehouse.wire import timestamp


def record(event: str, *, actor: str, user_id: str, **facts: Any) -> None:
    """Add a line; it is kept when this returns. Raises what botocore raises when it cannot be."""
    now = clock.now()
    line = {"event": event, "actor": actor, "subject": pseudonym(user_id), "time": timestamp(now), **facts}
    _client().put_log_events(
        logGroupName=config().audit_log,
        logStreamName=_stream(config().audit_log),
        logEvents=[{"timestamp": round(now.timestamp() * 1000), "message": json.dumps(line)}],
    )


def pseudonym(user_id: str) -> str:
    """What the trail calls a user."""
    return sha256(user_id.encode()).hexdigest()[:32]


@cache
def _stream(group: str) -> str:
    """A stream of this process: several may write at once."""
    name = f"{clock.now():%Y/%m/%d}/{uuid4()}"
    _client().create_log_stream(logGroupName=group, logStreamName=name)
    return name


@cache
def _client() -> Any:
    return botocore.session.get_session().create_client(
        "logs", config=ClientConfig(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
    )
