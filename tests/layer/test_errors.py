"""The error classes: each has its own code, a status and a message; docs/errors.md lists them all."""

import ast
import re
from collections.abc import Iterator

import pytest

from gatehouse.errors import Refusal
from gatehouse_dev import error_reference
from tests.support.layout import handler_modules, layer_modules

REDIRECTS = re.compile(r"^\| `([a-z_]+)` \|", re.MULTILINE)  # the rows of "Errors in a redirect"


@pytest.mark.parametrize("refusal", error_reference.catalogue(), ids=lambda refusal: refusal.__name__)
def test_a_refusal_has_a_status_a_code_and_a_message(refusal: type[Refusal]) -> None:
    assert refusal.__doc__
    assert str(refusal()) == refusal.__doc__.strip()
    assert refusal.status >= 400
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", refusal.code)


def test_codes_are_unique() -> None:
    codes = [refusal.code for refusal in error_reference.catalogue()]

    assert sorted(codes) == sorted(set(codes))


# -- docs/errors.md -------------------------------------------------------------------


def test_the_page_is_current() -> None:
    assert error_reference.FILE.read_text(encoding="utf-8") == error_reference.text(), "run `make errors`"


def test_exactly_the_existing_codes_have_an_action() -> None:
    assert error_reference.ACTIONS.keys() == {refusal.code for refusal in error_reference.catalogue()}


def raised_with_a_status() -> Iterator[tuple[str, str]]:
    """Yield class and status of every error that is raised with a status of its own."""
    classes = error_reference.classes()
    for module in [*layer_modules(), *handler_modules()]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes:
                given = [ast.unparse(word.value) for word in node.keywords if word.arg == "status"]
                yield from ((node.func.id, status) for status in given)


def test_other_statuses_than_the_classes_are_listed() -> None:
    classes, found = error_reference.classes(), list(raised_with_a_status())

    assert found
    for name, status in found:
        listed = error_reference.OTHER_STATUSES.get(classes[name].code, ())
        assert status in {f"HTTPStatus.{one.name}" for one in listed}, name


def test_the_names_of_errors_in_redirects_are_those_in_the_code() -> None:
    """Each is a string of the layer, with underscores or spaces."""
    texts = {
        node.value
        for module in layer_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = REDIRECTS.findall(error_reference.text())

    assert names
    assert [name for name in names if not {name, name.replace("_", " ")} & texts] == []
