"""Finds the settings that a function can read, by static analysis of its handler and the layer.

Every definition that a reachable definition names is reachable, whether or not it is called. So no setting is missed.
"""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from tests.support.layout import Module, handler_modules, layer_modules

type Definition = tuple[str, str]
"""A module and a name at its top level; the empty name stands for the statements that run on import."""

MODULES = {module.name: module for module in (*layer_modules(), *handler_modules())}
CONFIG = next(
    statement
    for statement in MODULES["gatehouse.config"].tree.body
    if isinstance(statement, ast.ClassDef) and statement.name == "Config"
)
SETTINGS = {
    field.target.id for field in CONFIG.body if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
}
DESCRIPTIONS = {
    field.target.id: text.value.value
    for field, text in pairwise(CONFIG.body)
    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
}
"""The docstring below each field, which Python does not keep."""


def settings_of(*modules: Module) -> set[str]:
    """Return the settings that the definitions of these modules can read."""
    return set().union(*(_uses(definition)[0] for definition in reachable(*modules)))


def reachable(*modules: Module) -> set[Definition]:
    """Return all definitions that those of these modules lead to, and these."""
    pending: list[Definition] = [(module.name, name) for module in modules for name in _top_level(module.name)]
    seen = set(pending)
    while pending:
        _, named = _uses(pending.pop())
        pending += named - seen
        seen |= named
    return seen


def reads(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Return every `config().name`, also through a variable that holds `config()`."""
    variables = config_variables(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (
            is_config(node.value) or (isinstance(node.value, ast.Name) and node.value.id in variables)
        ):
            yield node


def config_variables(tree: ast.AST) -> set[str]:
    """Return the variables that hold `config()`."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Assign) for name in _assigned_config(node)}


def is_config(node: ast.AST) -> bool:
    """Whether the node is `config()`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "config"


def _assigned_config(assignment: ast.Assign) -> Iterator[str]:
    match assignment:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            pairs = list(zip(names, values, strict=True))
        case _:
            pairs = [(target, assignment.value) for target in assignment.targets]
    yield from (name.id for name, value in pairs if isinstance(name, ast.Name) and is_config(value))


@cache
def _uses(definition: Definition) -> tuple[set[str], set[Definition]]:
    """Return the settings that a definition reads, and the definitions that it names."""
    module, name = definition
    settings: set[str] = set()
    named: set[Definition] = {(module, "")}
    if not name:
        named |= {(found, "") for found in map(_module, MODULES[module].imports()) if found}
    for statement in _top_level(module).get(name, ()):
        settings |= {read.attr for read in reads(statement)}
        local_imports = {
            alias.asname or alias.name: _definitions(node.module or "", alias.name)
            for node in ast.walk(statement)
            if isinstance(node, ast.ImportFrom) and node is not statement
            for alias in node.names
        }
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                named |= local_imports.get(node.id) or _definitions(module, node.id)
            elif isinstance(node, ast.Attribute):
                base = local_imports.get(ast.unparse(node.value)) or _base(module, node.value)
                named |= {found for other, whole in base if not whole for found in _definitions(other, node.attr)}
    return settings, named


def _base(module: str, node: ast.expr) -> set[Definition]:
    """Return what the expression before a dot names: a module, also by `import_module`, or a definition."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
        return {(ast.literal_eval(node.args[0]), "")}
    return _definitions(module, node.id) if isinstance(node, ast.Name) else set()


@cache
def _definitions(module: str, name: str) -> set[Definition]:
    """Return where a module's name is defined; the submodule of that name, if it is one."""
    if module not in MODULES:
        return set()
    found: set[Definition] = set()
    for statement in _top_level(module).get(name, ()):
        if isinstance(statement, ast.ImportFrom):
            original = next(alias.name for alias in statement.names if (alias.asname or alias.name) == name)
            found |= _definitions(statement.module or "", original)
        elif not isinstance(statement, ast.Import):
            found.add((module, name))
    if not found and f"{module}.{name}" in MODULES:
        found.add((f"{module}.{name}", ""))
    return found


@cache
def _top_level(module: str) -> dict[str, list[ast.stmt]]:
    """Return the top-level statements of a module by the names that they define; the others under the empty name."""
    defined: dict[str, list[ast.stmt]] = {}
    pending = list(MODULES[module].tree.body)
    while pending:
        statement = pending.pop()
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = [statement.name]
            case ast.Import() | ast.ImportFrom():
                names = [alias.asname or alias.name for alias in statement.names]
            case ast.If() | ast.With() | ast.Try():
                parts = (statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", []))
                pending += [one for part in parts for one in part]
                names = [""]
            case _:
                targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
                stored = [node for target in targets if target for node in ast.walk(target)]
                names = [node.id for node in stored if isinstance(node, ast.Name)] or [""]
                if isinstance(statement, ast.TypeAlias):
                    names = [statement.name.id]
        for name in names:
            defined.setdefault(name, []).append(statement)
    return defined


def _module(imported: str) -> str:
    """Return our module of an import: `gatehouse.errors` for `gatehouse.errors.NotFound`."""
    while imported and imported not in MODULES:
        imported = imported.rpartition(".")[0]
    return imported
