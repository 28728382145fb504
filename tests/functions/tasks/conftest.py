"""Two people, and one task."""

from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import People, Person
from tests.support.tasks import create


@pytest.fixture
def ann(people: People) -> Person:
    """Somebody signed in."""
    return people.signed_in("ann")


@pytest.fixture
def bob(people: People) -> Person:
    """Somebody else."""
    return people.signed_in("bob")


@pytest.fixture
def task(call: Api, ann: Person) -> dict[str, Any]:
    """One task of Ann's."""
    return create(call, ann, description="All but the cactus", priority="high", due_date="2026-12-01")
