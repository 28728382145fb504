"""What pytest collects, in words that say all that a test is given: `python -m tests.support.collected FILE …`."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from pprint import pformat

import pytest

_ADDRESS = re.compile(r"0x[0-9a-f]+")


def described(items: Iterable[pytest.Item]) -> Iterator[str]:
    """Each test's id and parameters, but for where these happen to be in memory."""
    for item in items:
        call = getattr(item, "callspec", None)
        given = pformat(call.params, width=1, compact=True, sort_dicts=False) if call else ""  # sets in order
        place = item.parent.nodeid if item.parent else ""  # to the test's own id xdist adds its group
        yield _ADDRESS.sub("0x", f"{place}::{item.name} {given}")


class Collected:
    """Keeps what was collected."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.tests: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep it."""
        self.tests = list(described(session.items))


if __name__ == "__main__":
    file, *arguments = sys.argv[1:]
    collected = Collected()
    code = pytest.main(["--collect-only", "--quiet", *arguments], plugins=[collected])
    Path(file).write_text(json.dumps(collected.tests), encoding="utf-8")
    sys.exit(code)
