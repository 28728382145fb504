"""Two people who are signed in."""

import pytest

from tests.support.people import People, Person


@pytest.fixture
def ann(people: People) -> Person:
    """Somebody signed in."""
    return people.signed_in("ann")


@pytest.fixture
def bob(people: People) -> Person:
    """Somebody else."""
    return people.signed_in("bob")
