"""Writes the tests that pytest collects, with all their parameters: `python -m tests.support.collected FILE …`."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from pprint import pformat

import pytest

_ADDRESS = re.compile(r"0x[0-9a-f]+")


def described(items: Iterable[pytest.Item]) -> Iterator[str]:
    """Return each test's id and parameters, without memory addresses."""
    for item in items:
        call = getattr(item, "callspec", None)
        parameters = pformat(call.params, width=1, compact=True, sort_dicts=False) if call else ""  # it sorts sets
        parent = item.parent.nodeid if item.parent else ""  # xdist adds its group to the test's own id
        yield _ADDRESS.sub("0x", f"{parent}::{item.name} {parameters}")


class Collected:
    """A pytest plugin that records the collected tests."""

    def __init__(self) -> None:
        """Start without tests."""
        self.tests: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record the tests."""
        self.tests = list(described(session.items))


if __name__ == "__main__":
    file, *arguments = sys.argv[1:]
    collected = Collected()
    code = pytest.main(["--collect-only", "--quiet", *arguments], plugins=[collected])
    Path(file).write_text(json.dumps(collected.tests), encoding="utf-8")
    sys.exit(code)
