"""docs/security.md names tests that exist, and the files that lead there do."""

import re

import pytest

from tests.support.layout import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`([a-z_/]+\.py)(?:::(test_\w+))?`", PAGE)))
PROMISES = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "| ---"))]


@pytest.mark.parametrize(("file", "name"), TESTS, ids=lambda part: part or "all")
def test_the_tests_that_the_page_names_exist(file: str, name: str) -> None:
    source = (ROOT / "tests" / file).read_text(encoding="utf-8")

    assert re.search(rf"^def {name or 'test_'}", source, re.MULTILINE)


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_is_shown_by_a_test(promise: str) -> None:
    *_, shown, _end = promise.split("|")

    assert re.fullmatch(r"`[a-z_/]+\.py(::test_\w+)?`(, `[a-z_/]+\.py(::test_\w+)?`)*", shown.strip())


def test_the_page_is_found_from_the_top() -> None:
    assert "docs/security.md" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "security.md" in (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
