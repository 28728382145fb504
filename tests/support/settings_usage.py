"""Which settings a function can come to read: its code, followed from name to name, from the handler into the layer.

A definition is followed where one that is followed names it, whether or not it is ever called; so no read is missed.
"""

import ast
from collections.abc import Iterator
from functools import cache

from tests.support.layout import Module, handler_modules, layer_modules

type Place = tuple[str, str]
"""A module, and what it defines at its top; nothing, for what is done when it is imported."""

MODULES = {module.name: module for module in (*layer_modules(), *handler_modules())}
SETTINGS = {
    field.target.id
    for statement in MODULES["gatehouse.config"].tree.body
    if isinstance(statement, ast.ClassDef) and statement.name == "Config"
    for field in statement.body
    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
}


def settings_of(*modules: Module) -> set[str]:
    """Return the settings that the definitions of these modules lead to."""
    return set().union(*(_followed(place)[0] for place in reachable(*modules)))


def reachable(*modules: Module) -> set[Place]:
    """Return all definitions that those of these modules lead to, and these."""
    to_do: list[Place] = [(module.name, name) for module in modules for name in _defined(module.name)]
    seen = set(to_do)
    while to_do:
        _, places = _followed(to_do.pop())
        to_do += places - seen
        seen |= places
    return seen


def reads(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Every `config().name`, also by a variable that holds `config()`."""
    holding = held(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (
            is_config(node.value) or (isinstance(node.value, ast.Name) and node.value.id in holding)
        ):
            yield node


def held(tree: ast.AST) -> set[str]:
    """The variables that hold `config()`."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Assign) for name in _holding(node)}


def is_config(node: ast.AST) -> bool:
    """Whether this is `config()`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "config"


def _holding(assignment: ast.Assign) -> Iterator[str]:
    match assignment:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            pairs = list(zip(names, values, strict=True))
        case _:
            pairs = [(target, assignment.value) for target in assignment.targets]
    yield from (name.id for name, value in pairs if isinstance(name, ast.Name) and is_config(value))


@cache
def _followed(place: Place) -> tuple[set[str], set[Place]]:
    """The settings that a definition reads, and the places that it names."""
    module, name = place
    settings: set[str] = set()
    places: set[Place] = {(module, "")}
    if not name:
        places |= {(found, "") for found in map(_module, MODULES[module].imports()) if found}
    for statement in _defined(module).get(name, ()):
        settings |= {read.attr for read in reads(statement)}
        inside = {
            alias.asname or alias.name: _places(node.module or "", alias.name)
            for node in ast.walk(statement)
            if isinstance(node, ast.ImportFrom) and node is not statement
            for alias in node.names
        }
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                places |= inside.get(node.id) or _places(module, node.id)
            elif isinstance(node, ast.Attribute):
                base = inside.get(ast.unparse(node.value)) or _base(module, node.value)
                places |= {found for other, whole in base if not whole for found in _places(other, node.attr)}
    return settings, places


def _base(module: str, node: ast.expr) -> set[Place]:
    """What stands before a dot: a module by its name, or by `import_module`."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
        return {(ast.literal_eval(node.args[0]), "")}
    return _places(module, node.id) if isinstance(node, ast.Name) else set()


@cache
def _places(module: str, name: str) -> set[Place]:
    """Where a name of a module is defined; the module of that name, if it is one."""
    if module not in MODULES:
        return set()
    found: set[Place] = set()
    for statement in _defined(module).get(name, ()):
        if isinstance(statement, ast.ImportFrom):
            original = next(alias.name for alias in statement.names if (alias.asname or alias.name) == name)
            found |= _places(statement.module or "", original)
        elif not isinstance(statement, ast.Import):
            found.add((module, name))
    if not found and f"{module}.{name}" in MODULES:
        found.add((f"{module}.{name}", ""))
    return found


@cache
def _defined(module: str) -> dict[str, list[ast.stmt]]:
    """The statements at the top of a module, by the names that they define; those that define none are done."""
    defined: dict[str, list[ast.stmt]] = {}
    to_do = list(MODULES[module].tree.body)
    while to_do:
        statement = to_do.pop()
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = [statement.name]
            case ast.Import() | ast.ImportFrom():
                names = [alias.asname or alias.name for alias in statement.names]
            case ast.If() | ast.With() | ast.Try():
                parts = (statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", []))
                to_do += [one for part in parts for one in part]
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
    """The module of ours that an import leads to: `gatehouse.errors` for `gatehouse.errors.NotFound`."""
    while imported and imported not in MODULES:
        imported = imported.rpartition(".")[0]
    return imported
