"""A user with an app as second factor."""

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.two_factor import Enrolled


@pytest.fixture
def enrolled(call: Api, ann: Person) -> Enrolled:
    """Ann, whose app is her second factor."""
    return Enrolled(call, ann)
