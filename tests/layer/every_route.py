"""Any route with its path filled in; of routes that are alike one for `make test`, and all for `make test-all`."""

import ast
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import pytest

from tests.support.calls import Response
from tests.support.layout import Module
from tests.support.routes import _TEMPLATE as TEMPLATE
from tests.support.slow import some_and_all

PATH = {
    "task_id": "0199f3a0-0000-7000-8000-000000000000",
    "session_id": "x" * 22,
    "user_id": "x",
    "token": "x",
    "provider": "x",
    "name": "x",
}
OURS = {"origin": "https://app.example.com"}
FUNCTIONS = {route.key: TEMPLATE.functions[route.function] for route in TEMPLATE.routes}


def ask(call: Callable[..., Response], route: str, user_id: str = "x", **request: Any) -> Response:
    """Call a route; where nothing is given for its path, the path names nothing that is there."""
    path = PATH | {"user_id": user_id}
    return call(route, **{name: value for name, value in path.items() if f"{{{name}}}" in route} | request)


def visit(call: Callable[..., Response], route: str, user_id: str = "x", **request: Any) -> Response:
    """Call a protected route from a site of ours, with a body that some would take."""
    usual = {"headers": OURS, "json": None if route.startswith("GET") else {"title": "x"}}
    return ask(call, route, user_id, **usual | request)


def kind(route: str) -> Hashable:
    """What the edge tells routes apart by: the part of the API, whether there is a body, and what the handler says."""
    method, _, path = route.partition(" ")
    module = Module(FUNCTIONS[route].folder / "handler.py")
    options = frozenset(
        ast.unparse(option)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "AccessPolicy"
        for option in node.keywords
    )
    return "/auth/" in path, {"GET": 0, "DELETE": 1}.get(method, 2), options


def function(route: str) -> Hashable:
    """Aliases of one function are alike."""
    return FUNCTIONS[route].name


def one_of_each(routes: Iterable[str], alike: Callable[[str], Hashable] = kind) -> list[str]:
    """The first route of each kind."""
    return list({alike(route): route for route in reversed(list(routes))}.values())[::-1]


def each(routes: Sequence[str], alike: Callable[[str], Hashable] = kind) -> pytest.MarkDecorator:
    """A test for each `route`; those beyond the first of a kind are slow."""
    quick = one_of_each(routes, alike)
    return pytest.mark.parametrize(
        "route", [route if route in quick else pytest.param(route, marks=pytest.mark.slow) for route in routes]
    )


def all_of(routes: Sequence[str], alike: Callable[[str], Hashable] = kind) -> pytest.MarkDecorator:
    """One test for the first of each kind of `routes`, and a slow one for all."""
    return some_and_all("routes", one_of_each(routes, alike), list(routes))
