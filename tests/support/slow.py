"""Parameters of which `make test` runs some, and `make test-all` runs all."""

from typing import Any

import pytest


def some_and_all(name: str, some: Any, every: Any) -> pytest.MarkDecorator:
    """`@some_and_all("routes", (READ,), ALL)` runs the test with `some`; a slow test runs it with `every`."""
    whole = pytest.param(every, id="all", marks=pytest.mark.slow)
    return pytest.mark.parametrize(name, [pytest.param(some, id="some"), whole])
