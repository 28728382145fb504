"""Sessions are opened in one place, `accounts.gate`, whatever the way to sign in."""

import ast

from gatehouse_dev.template import Template
from tests.support.grants import granted
from tests.support.layout import Module, handler_modules, layer_modules
from tests.support.settings_usage import reachable
from tests.support.transformed import transformed

GATE = "gatehouse.accounts.gate"
OPENING = {
    (GATE, name) for name in ("open_session", "open_first_session", "open_session_with_both_factors", "replace_session")
}
GRANT = ("dynamodb:PutItem", "SessionsTable")
OTHER_ROWS = {  # that the table has
    "ResetPassword": "creates a user: their epoch",
}


def calls(module: Module, name: str) -> list[ast.Call]:
    """Return the calls of a name in a module, with or without what it is an attribute of."""
    nodes = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    return [node for node in nodes if ast.unparse(node.func).rpartition(".")[2] == name]


def test_only_the_gate_makes_sessions() -> None:
    assert {module.name for module in [*layer_modules(), *handler_modules()] if calls(module, "new_session")} == {GATE}


def test_only_a_new_session_has_a_secret() -> None:
    """A session row without `secret_hash` is none that a token could open."""
    rows = [(module.name, call) for module in layer_modules() for call in calls(module, "SessionRow")]

    made = [name for name, call in rows if any(argument.arg == "secret_hash" for argument in call.keywords)]
    assert made == ["gatehouse.sessions.flows"]


def test_only_functions_that_lead_to_the_gate_may_write_sessions(template: Template) -> None:
    folders = {handler.path.parent: handler for handler in handler_modules()}
    leading = {name for name, function in template.functions.items() if reachable(folders[function.folder]) & OPENING}
    writing = {
        name
        for name in template.functions
        if GRANT in {(grant.action, grant.resource) for grant in granted(transformed(), name)}
    }

    assert leading
    assert writing - OTHER_ROWS.keys() == leading
