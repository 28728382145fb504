"""Times in tokens, relative to the time at which the token is made."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FromNow:
    """A time in seconds from when the token is made. Parameters of tests are evaluated long before that."""

    seconds: int


def resolve_times(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims with each `FromNow` as seconds since 1970."""
    now = int(time.time())
    return {name: now + value.seconds if isinstance(value, FromNow) else value for name, value in claims.items()}
