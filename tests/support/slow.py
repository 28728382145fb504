"""Parameters of which `make test` runs some, and `make test-all` runs all."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def some_and_all(name: str, some: Any, every: Any) -> pytest.MarkDecorator:
    """`@some_and_all("routes", (READ,), ALL)` runs the test with `some`; a slow test runs it with `every`."""
    whole = pytest.param(every, id="all", marks=pytest.mark.slow)
    return pytest.mark.parametrize(name, [pytest.param(some, id="some"), whole])


def one_in(share: int, cases: Iterable[Sequence[Any]]) -> list[Any]:
    """Return cases for `parametrize`: one in `share`, spread over the values of each column; the others are slow."""
    return [
        pytest.param(*case, marks=() if number % share == number // share % share else pytest.mark.slow)
        for number, case in enumerate(cases)
    ]
