"""A function gets exactly the settings that its code can read: Lambda allows 4 KB of variables.

`tests/support/settings_usage.py` finds them by static analysis. `tests/support/settings_guard.py` fails any test in
which a function reads another one. A setting that is not given has no default.
"""

import ast
from collections.abc import Iterator

import pytest

from gatehouse_dev.admin.targets import FUNCTIONS as SETTINGS_SOURCES
from gatehouse_dev.template import Template
from tests.support import settings_usage
from tests.support.layout import ROOT, Module, handler_modules
from tests.support.settings_usage import SETTINGS, settings_of
from tests.support.transformed import of_type, transformed

HANDLERS = {handler.path.parent: handler for handler in handler_modules()}
OF_PACKAGES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
MOST_BYTES = 1_500  # of 4096
MOST_ON_AVERAGE = 750
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def variables(settings: set[str]) -> set[str]:
    """Return the environment variables of settings."""
    return {f"GATEHOUSE_{name.upper()}" for name in settings}


def test_functions_have_the_settings_that_they_can_read(template: Template) -> None:
    given = {name: function.environment.keys() - OF_PACKAGES for name, function in template.functions.items()}
    read = {name: variables(settings_of(HANDLERS[one.folder])) for name, one in template.functions.items()}

    assert given == read
    assert [name for name, one in template.functions.items() if not one.environment.keys() >= OF_PACKAGES] == []


def test_sam_gives_functions_the_same_variables(template: Template) -> None:
    """The local cloud merges `Globals` itself."""
    deployed = of_type(transformed(), "AWS::Lambda::Function")

    assert {name: one["Environment"]["Variables"].keys() for name, one in deployed.items()} == {
        name: function.environment.keys() for name, function in template.functions.items()
    }


def test_no_deployed_function_has_a_variable_of_aws() -> None:
    """An empty AWS_ENDPOINT_URL would hide that of an emulator, which adds it to the variables of each function."""
    deployed = of_type(transformed(), "AWS::Lambda::Function")
    variables_of_aws = {
        name: [variable for variable in one["Environment"]["Variables"] if variable.startswith("AWS_")]
        for name, one in deployed.items()
    }

    assert {name: found for name, found in variables_of_aws.items() if found} == {}


def test_every_setting_is_read(template: Template) -> None:
    assert template.environment().keys() == variables(SETTINGS) | OF_PACKAGES


def test_variables_are_small(template: Template) -> None:
    """Long values and future settings need space."""
    bytes_of = {
        name: sum(len(variable) + len(value) for variable, value in function.environment.items())
        for name, function in template.functions.items()
    }

    assert {name: size for name, size in bytes_of.items() if size > MOST_BYTES} == {}
    assert sum(bytes_of.values()) / len(bytes_of) < MOST_ON_AVERAGE


# -- What the static analysis requires of the code -------------------------------------


def test_the_configuration_is_read_by_name() -> None:
    """It is never passed on as a whole, nor read by a computed name."""
    modules = [module for module in settings_usage.MODULES.values() if module.name != "gatehouse.config"]

    assert {str(one): found for one in modules if (found := [*_unanalysed_calls(one), *_passed_on(one)])} == {}
    assert {read.attr for module in modules for read in settings_usage.reads(module.tree)} <= SETTINGS


def _unanalysed_calls(module: Module) -> Iterator[str]:
    """Return calls of config() whose result is neither read at once nor assigned to a variable."""
    nodes = list(ast.walk(module.tree))
    values = [node.value for node in nodes if isinstance(node, ast.Assign)]
    stored = [one for value in values for one in (value.elts if isinstance(value, ast.Tuple) else [value])]
    done = [node.value for node in nodes if isinstance(node, ast.Expr)]
    known = {id(value) for value in (*stored, *done, *(read.value for read in settings_usage.reads(module.tree)))}
    yield from (ast.unparse(node) for node in nodes if settings_usage.is_config(node) and id(node) not in known)


def _passed_on(module: Module) -> Iterator[str]:
    """Return uses of variables that hold the configuration, other than reading an attribute."""
    for function in (node for node in ast.walk(module.tree) if isinstance(node, DEFINITIONS)):
        holding = settings_usage.config_variables(function)
        before_dots = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Attribute)}
        used = [node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        yield from (
            f"{node.id}, line {node.lineno}" for node in used if node.id in holding and id(node) not in before_dots
        )


def test_only_telemetry_reads_the_configuration_on_import() -> None:
    """A function imports modules that it does not use. All functions have the log level."""
    early = [
        module.name
        for module in settings_usage.MODULES.values()
        for node in _run_on_import(module.tree)
        if settings_usage.is_config(node)
    ]

    assert early == ["gatehouse.telemetry"]


def _run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Return the nodes that run on import, without the bodies of functions."""
    yield node
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            children = [*node.decorator_list, node.args]
        case ast.Lambda():
            children = [node.args]
        case _:
            children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _run_on_import(child)


# -- The tool that works with a stack's settings --------------------------------------


def test_the_operators_tool_takes_settings_from_functions_that_have_all_of_them(
    template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = [Module(path) for path in sorted((ROOT / "devtools/gatehouse_dev/admin").glob("*.py"))]
    for module in modules:
        monkeypatch.setitem(settings_usage.MODULES, module.name, module)  # registered for the analysis
    available = {name for function in SETTINGS_SOURCES for name in template.functions[function].environment}

    assert {"users_table", "transport"} <= settings_of(*modules)
    assert variables(settings_of(*modules)) - available == set()
