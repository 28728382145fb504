"""A function gets the settings that its code can come to read, and no others: Lambda takes 4 KB of variables.

What it can come to read is followed through its code (`tests/support/settings_usage.py`). All tests that call functions
watch
that none reads more (`tests/support/settings_guard.py`). Where a setting is not given there is no default instead.
"""

import ast
from collections.abc import Iterator

import pytest

from gatehouse_dev.admin.targets import FUNCTIONS as ASKED
from gatehouse_dev.import_users import REQUIRED_VARIABLES
from gatehouse_dev.template import Template
from tests.support import settings_usage
from tests.support.layout import ROOT, Module, handler_modules
from tests.support.settings_usage import SETTINGS, settings_of
from tests.support.transformed import of_type, transformed

HANDLERS = {handler.path.parent: handler for handler in handler_modules()}
FOR_PACKAGES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "AWS_ENDPOINT_URL"}
MOST_BYTES = 1_400  # of 4096
MOST_ON_AVERAGE = 750
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def variables(settings: set[str]) -> set[str]:
    """Where they are read from."""
    return {f"GATEHOUSE_{name.upper()}" for name in settings}


def test_functions_have_the_settings_that_they_can_come_to_read(template: Template) -> None:
    given = {name: function.environment.keys() - FOR_PACKAGES for name, function in template.functions.items()}
    read = {name: variables(settings_of(HANDLERS[one.folder])) for name, one in template.functions.items()}

    assert given == read
    assert [name for name, one in template.functions.items() if not one.environment.keys() >= FOR_PACKAGES] == []


def test_sam_gives_the_same(template: Template) -> None:
    """What runs here is merged from `Globals` by our own reading of the template."""
    deployed = of_type(transformed(), "AWS::Lambda::Function")

    assert {name: one["Environment"]["Variables"].keys() for name, one in deployed.items()} == {
        name: function.environment.keys() for name, function in template.functions.items()
    }


def test_every_setting_is_read(template: Template) -> None:
    assert template.environment().keys() == variables(SETTINGS) | FOR_PACKAGES


def test_variables_leave_room(template: Template) -> None:
    """For long values, and for settings to come."""
    bytes_of = {
        name: sum(len(variable) + len(value) for variable, value in function.environment.items())
        for name, function in template.functions.items()
    }

    assert {name: size for name, size in bytes_of.items() if size > MOST_BYTES} == {}
    assert sum(bytes_of.values()) / len(bytes_of) < MOST_ON_AVERAGE


# -- What the code must be like, to be followed ---------------------------------------


def test_the_configuration_is_read_by_name() -> None:
    """Never handed on whole, nor read by a name that is put together."""
    modules = [module for module in settings_usage.MODULES.values() if module.name != "gatehouse.config"]

    assert {str(one): found for one in modules if (found := [*_not_followed(one), *_handed_on(one)])} == {}
    assert {read.attr for module in modules for read in settings_usage.reads(module.tree)} <= SETTINGS


def _not_followed(module: Module) -> Iterator[str]:
    """Calls for the configuration that are neither read at once nor kept in a variable."""
    nodes = list(ast.walk(module.tree))
    values = [node.value for node in nodes if isinstance(node, ast.Assign)]
    stored = [one for value in values for one in (value.elts if isinstance(value, ast.Tuple) else [value])]
    done = [node.value for node in nodes if isinstance(node, ast.Expr)]
    known = {id(value) for value in (*stored, *done, *(read.value for read in settings_usage.reads(module.tree)))}
    yield from (ast.unparse(node) for node in nodes if settings_usage.is_config(node) and id(node) not in known)


def _handed_on(module: Module) -> Iterator[str]:
    """Variables that hold the configuration, where they are used other than before a dot."""
    for function in (node for node in ast.walk(module.tree) if isinstance(node, DEFINITIONS)):
        held = settings_usage.config_variables(function)
        before_dots = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Attribute)}
        used = [node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        yield from (
            f"{node.id}, line {node.lineno}" for node in used if node.id in held and id(node) not in before_dots
        )


def test_next_to_nothing_is_read_while_modules_are_imported() -> None:
    """A function imports much that it does not use; the log level is for all."""
    early = [
        module.name
        for module in settings_usage.MODULES.values()
        for node in _at_once(module.tree)
        if settings_usage.is_config(node)
    ]

    assert early == ["gatehouse.telemetry"]


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    """What is done where it stands, and not when a function that it defines is called."""
    yield node
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            children = [*node.decorator_list, node.args]
        case ast.Lambda():
            children = [node.args]
        case _:
            children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _at_once(child)


# -- Tools that work with a stack's settings ------------------------------------------


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Module]]:
    """The operator's tool and the import of users, to be followed as functions are."""
    folder = ROOT / "devtools/gatehouse_dev"
    found = {
        "admin": [Module(path) for path in sorted((folder / "admin").glob("*.py"))],
        "import_users": [Module(folder / "import_users.py")],
    }
    for module in (module for modules in found.values() for module in modules):
        monkeypatch.setitem(settings_usage.MODULES, module.name, module)
    return found


def test_the_operators_tool_asks_functions_that_know_all_it_needs(
    template: Template, tools: dict[str, list[Module]]
) -> None:
    known = {name for function in ASKED for name in template.functions[function].environment}

    assert variables(settings_of(*tools["admin"])) - known == set()


def test_the_import_of_users_says_what_it_needs(tools: dict[str, list[Module]]) -> None:
    assert settings_of(*tools["import_users"]) == set(REQUIRED_VARIABLES)
