"""A part that `make test` proves, and the whole that `make test-all` does."""

from typing import Any

import pytest


def some_and_all(name: str, some: Any, every: Any) -> pytest.MarkDecorator:
    """`@some_and_all("routes", (READ,), ALL)`: the test runs with `some`, and with `every` where there is time."""
    whole = pytest.param(every, id="all", marks=pytest.mark.slow)
    return pytest.mark.parametrize(name, [pytest.param(some, id="some"), whole])
