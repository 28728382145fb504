"""A server with scripted behaviour."""

from collections.abc import Iterator

import pytest

from tests.support.scripted_service import ScriptedService


@pytest.fixture
def server() -> Iterator[ScriptedService]:
    """A listening server."""
    with ScriptedService() as one:
        yield one
