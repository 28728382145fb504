"""Times in tokens, told by how far they lie from the moment in which a token is made."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FromNow:
    """A claim so many seconds after its token is made, or before: parameters of tests are made long before that."""

    seconds: int


def resolve_times(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims, each `FromNow` as seconds since 1970."""
    now = int(time.time())
    return {name: now + value.seconds if isinstance(value, FromNow) else value for name, value in claims.items()}
