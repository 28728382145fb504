"""A server with scripted behaviour, and no pauses between attempts."""

from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import patch

import botocore.endpoint
import pytest

from gatehouse.transport import retries
from tests.transport.server import Server, serving


@pytest.fixture
def pauses() -> Iterator[list[float]]:
    """The pauses of either transport between attempts, which are skipped."""
    waited: list[float] = []
    asleep = SimpleNamespace(sleep=waited.append)
    with patch.object(botocore.endpoint, "time", asleep), patch.object(retries, "time", asleep):
        yield waited


@pytest.fixture
def server() -> Iterator[Server]:
    """A listening server."""
    with serving() as one:
        yield one
