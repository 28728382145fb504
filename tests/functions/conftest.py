"""Two signed-in users."""

import pytest

from tests.support.people import People, Person


@pytest.fixture
def ann(people: People) -> Person:
    """A signed-in user."""
    return people.signed_in("ann")


@pytest.fixture
def bob(people: People) -> Person:
    """Another signed-in user."""
    return people.signed_in("bob")
