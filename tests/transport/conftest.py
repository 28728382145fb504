"""A server that does as it is told, and no waiting between attempts."""

from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import patch

import botocore.endpoint
import pytest

from gatehouse.transport import retries
from tests.transport.server import Server, serving


@pytest.fixture
def pauses() -> Iterator[list[float]]:
    """How long either transport waits between attempts; here none does."""
    waited: list[float] = []
    asleep = SimpleNamespace(sleep=waited.append)
    with patch.object(botocore.endpoint, "time", asleep), patch.object(retries, "time", asleep):
        yield waited


@pytest.fixture
def server() -> Iterator[Server]:
    """One that listens."""
    with serving() as one:
        yield one
