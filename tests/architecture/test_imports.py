"""Imports point one way: functions, start, http, composed subjects, subjects, shared modules, transport."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.support.layout import Module, handler_modules, layer_modules, subject

LEVELS = (
    {"bootstrap", "compile_cache", "pages"},
    {"api"},
    {"http"},
    {"reminders", "oauth", "passkeys", "second_factor", "erasure"},
    {"accounts", "sessions", "tasks"},
    {"tokens", "mail", "keys", "throttle", "task_reads"},
    {"outages"},
    {
        "errors",
        "config",
        "setting_types",
        "clock",
        "cursors",
        "dynamodb",
        "retries",
        "api_model",
        "attributes",
        "telemetry",
        "audit",
        "query",
        "site",
        "languages",
        "outbound",
    },
    {"transport", "base64url"},
)
KNOW_HTTP = {"api", "bootstrap", "errors", "http", "pages", "transport"}
WITHIN_A_SUBJECT = ("model", "table", "outbox", "flows")  # each may import those before it


def level(about: str) -> int:
    """Return the level of a subject; the top level is 0."""
    return next(depth for depth, subjects in enumerate(LEVELS) if about in subjects)


def layer_imports(module: Module) -> Iterator[tuple[str, str]]:
    """Return the subject and the full name of each import from the layer."""
    for name in module.imports():
        if name.startswith("gatehouse."):
            yield subject(name), name


def test_every_subject_has_its_level() -> None:
    subjects = {subject(module.name) for module in layer_modules() if module.name != "gatehouse"}

    assert subjects - set().union(*LEVELS) == set()


def test_imports_never_point_up() -> None:
    upwards = [
        f"{module} imports {name}"
        for module in layer_modules()
        for other, name in layer_imports(module)
        if level(other) < level(subject(module.name))
    ]

    assert upwards == []


def test_subjects_of_one_level_import_each_other_without_cycles() -> None:
    graph: dict[str, set[str]] = {}
    for module in layer_modules():
        graph.setdefault(subject(module.name), set()).update(other for other, _ in layer_imports(module))
    for about, others in graph.items():
        others.discard(about)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle:  {' <- '.join(error.args[1])}")


def test_inside_a_subject_modules_import_only_earlier_ones() -> None:
    """The order is model, table, outbox, flows."""
    violations = []
    for module in layer_modules():
        about, _, part = module.name.removeprefix("gatehouse.").rpartition(".")
        if part in WITHIN_A_SUBJECT:
            later = "|".join(WITHIN_A_SUBJECT[WITHIN_A_SUBJECT.index(part) :])
            found = [name for name in module.imports() if re.match(rf"gatehouse\.{about}\.({later})\b", name)]
            violations += [f"{module} imports {name}" for name in found]

    assert violations == []


def test_only_the_edge_knows_requests_responses_and_statuses() -> None:
    """Other modules express a status by an error's class, which sometimes depends on the endpoint."""
    web = re.compile(r"(fastapi|starlette|http)\b")
    others = [module for module in layer_modules() if subject(module.name) not in KNOW_HTTP]
    found = [f"{module} imports {name}" for module in others for name in module.imports() if web.match(name)]
    raised = [
        f"{module}:{node.lineno}"
        for module in others
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        if "status" in {argument.arg for argument in node.exc.keywords}
    ]

    assert found + raised == []


def test_handlers_import_no_tables_secrets_or_configuration() -> None:
    forbidden = re.compile(r".*\.(table|dynamodb|secret|config)\b")

    assert [
        f"{one} imports {name}" for one in handler_modules() for _, name in layer_imports(one) if forbidden.match(name)
    ] == []
