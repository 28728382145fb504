"""A pytest plugin: adds what the tests themselves need of packages that `make build` trimmed, and `--tenth`."""

from importlib.metadata import distribution
from zlib import crc32

import pydantic
import pytest

# SAM's translator uses models of pydantic 1; no function does.
pydantic.__path__.append(str(distribution("pydantic").locate_file("pydantic")))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--tenth`."""
    parser.addoption("--tenth", action="store_true", help="run a tenth of the tests, always the same")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out nine of ten tests."""
    if config.getoption("--tenth"):
        items[:] = [item for item in items if crc32(item.nodeid.encode()) % 10 == 0]
