"""A user whose second factor can be given."""

from collections.abc import Callable

import pytest

from tests.support.two_factor import Enrolled


@pytest.fixture
def later(enrolled: Enrolled, advance_clock: Callable[..., None]) -> Enrolled:
    """A user whose app shows a code that was not used yet."""
    advance_clock(minutes=1)
    return enrolled
