"""Imports point one way: functions, their start, the web edge, subjects of subjects, subjects, and what these share."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.support.layout import Module, handler_modules, layer_modules, subject

LEVELS = (
    {"bootstrap", "bytecode_archive", "compile_cache", "pages"},
    {"api"},
    {"http"},
    {"reminders", "oauth", "erasure"},
    {"accounts", "sessions", "tasks"},
    {"tokens", "mail", "keys", "throttle"},
    {"outages"},
    {
        "errors",
        "config",
        "clock",
        "cursors",
        "dynamodb",
        "api_model",
        "attributes",
        "telemetry",
        "audit",
        "query",
        "languages",
    },
    {"transport", "base64url"},
)
KNOW_HTTP = {"api", "bootstrap", "errors", "http", "pages", "transport"}
WITHIN_A_SUBJECT = ("model", "table", "outbox", "flows")  # each may import those before it


def level(about: str) -> int:
    """How far down a subject stands; what starts functions is 0."""
    return next(depth for depth, subjects in enumerate(LEVELS) if about in subjects)


def own(module: Module) -> Iterator[tuple[str, str]]:
    """What a module imports of the layer: the subject, and the whole name."""
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
        for other, name in own(module)
        if level(other) < level(subject(module.name))
    ]

    assert upwards == []


def test_subjects_of_one_level_import_each_other_without_cycles() -> None:
    graph: dict[str, set[str]] = {}
    for module in layer_modules():
        graph.setdefault(subject(module.name), set()).update(other for other, _ in own(module))
    for about, others in graph.items():
        others.discard(about)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other in a circle: {' <- '.join(error.args[1])}")


def test_inside_a_subject_the_model_knows_nobody() -> None:
    """The rows know the model, and the verbs know both."""
    wrong = []
    for module in layer_modules():
        about, _, part = module.name.removeprefix("gatehouse.").rpartition(".")
        if part in WITHIN_A_SUBJECT:
            later = "|".join(WITHIN_A_SUBJECT[WITHIN_A_SUBJECT.index(part) :])
            found = [name for name in module.imports() if re.match(rf"gatehouse\.{about}\.({later})\b", name)]
            wrong += [f"{module} imports {name}" for name in found]

    assert wrong == []


def test_requests_responses_and_statuses_are_known_to_the_edge_alone() -> None:
    """What the rest has to say about a status is the class of an error; which one depends on the endpoint at times."""
    web = re.compile(r"(fastapi|starlette|http)\b")
    others = [module for module in layer() if subject(module.name) not in KNOW_HTTP]
    found = [f"{module} imports {name}" for module in others for name in module.imports() if web.match(name)]
    given = [
        f"{module}:{node.lineno}"
        for module in others
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        if "status" in {argument.arg for argument in node.exc.keywords}
    ]

    assert found + given == []


def test_handlers_leave_tables_to_the_layer() -> None:
    forbidden = re.compile(r".*\.(table|dynamodb|secret|config)\b")

    assert [f"{one} imports {name}" for one in handler_modules() for _, name in own(one) if forbidden.match(name)] == []
