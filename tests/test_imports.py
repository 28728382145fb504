"""Imports point one way: functions, their start, the web edge, subjects of subjects, subjects, and what these share."""

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.support.layout import Module, handlers, layer, subject

LEVELS = (
    {"start", "gathered", "remembered", "pages"},
    {"http"},
    {"reminders", "oauth", "erasure"},
    {"accounts", "sessions", "tasks"},
    {"tokens", "mail", "keys", "throttle"},
    {"outages"},
    {"errors", "config", "clock", "cursors", "dynamodb", "wire", "telemetry", "audit", "partitions", "languages"},
    {"transport"},
)
WITHIN_A_SUBJECT = ("model", "table", "outbox", "flows")  # each may import those before it

every_module = pytest.mark.parametrize("module", layer(), ids=str)


def level(about: str) -> int:
    """How far down a subject stands; what starts functions is 0."""
    return next(depth for depth, subjects in enumerate(LEVELS) if about in subjects)


def own(module: Module) -> Iterator[tuple[str, str]]:
    """What a module imports of the layer: the subject, and the whole name."""
    for name in module.imports():
        if name.startswith("gatehouse."):
            yield subject(name), name


@every_module
def test_every_subject_has_its_level(module: Module) -> None:
    assert module.name == "gatehouse" or any(subject(module.name) in subjects for subjects in LEVELS)


@every_module
def test_imports_never_point_up(module: Module) -> None:
    about = subject(module.name)
    upwards = [name for other, name in own(module) if level(other) < level(about)]

    assert upwards == []


def test_subjects_of_one_level_import_each_other_without_cycles() -> None:
    graph: dict[str, set[str]] = {}
    for module in layer():
        graph.setdefault(subject(module.name), set()).update(other for other, _ in own(module))
    for about, others in graph.items():
        others.discard(about)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other in a circle: {' <- '.join(error.args[1])}")


@every_module
def test_inside_a_subject_the_model_knows_nobody(module: Module) -> None:
    """The rows know the model, and the verbs know both."""
    about, _, part = module.name.removeprefix("gatehouse.").rpartition(".")
    if part not in WITHIN_A_SUBJECT:
        return
    later = WITHIN_A_SUBJECT[WITHIN_A_SUBJECT.index(part) :]
    wrong = [name for name in module.imports() if re.match(rf"gatehouse\.{about}\.({'|'.join(later)})\b", name)]

    assert wrong == []


@pytest.mark.parametrize("handler", handlers(), ids=str)
def test_handlers_leave_tables_to_the_layer(handler: Module) -> None:
    forbidden = [name for _, name in own(handler) if re.search(r"\.(table|dynamodb|secret|config)\b", name)]

    assert forbidden == []
