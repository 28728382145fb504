"""Fixtures of the task routes."""

from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import create_task


@pytest.fixture
def task(call: Api, ann: Person) -> dict[str, Any]:
    """A task of Ann's."""
    return create_task(call, ann, description="All but the cactus", priority="high", due_date="2026-12-01")
