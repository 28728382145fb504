"""Any route with its path filled in; `make test` covers one of each kind of routes, `make test-all` all of them."""

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
    "picture_id": "x" * 22,
    "token": "x",
    "provider": "x",
    "name": "x",
}
OURS = {"origin": "https://app.example.com"}
FUNCTIONS = {route.key: TEMPLATE.functions[route.function] for route in TEMPLATE.routes}


def send_request(call: Callable[..., Response], route: str, user_id: str = "x", **request: Any) -> Response:
    """Call a route; the default path parameters are ids of nothing."""
    path = PATH | {"user_id": user_id}
    return call(route, **{name: value for name, value in path.items() if f"{{{name}}}" in route} | request)


def authorized_request(call: Callable[..., Response], route: str, user_id: str = "x", **request: Any) -> Response:
    """Call a protected route from a trusted origin, with a body that some accept."""
    usual = {"headers": OURS, "json": None if route.startswith("GET") else {"title": "x"}}
    return send_request(call, route, user_id, **usual | request)


def kind(route: str) -> Hashable:
    """Return what the middleware depends on: the API's part, whether there is a body, and the handler's policy."""
    method, _, path = route.partition(" ")
    module = Module(FUNCTIONS[route].folder / "handler.py")
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    policies = [call for call in calls if ast.unparse(call.func) == "AccessPolicy"]
    options = frozenset(ast.unparse(option) for policy in policies for option in policy.keywords)
    return "/auth/" in path, {"GET": 0, "DELETE": 1}.get(method, 2), options


def function(route: str) -> Hashable:
    """Return the function, so that its aliases are of one kind."""
    return FUNCTIONS[route].name


def one_of_each(routes: Iterable[str], kind_of: Callable[[str], Hashable] = kind) -> list[str]:
    """Return the first route of each kind."""
    return list({kind_of(route): route for route in reversed(list(routes))}.values())[::-1]


def each(routes: Sequence[str], kind_of: Callable[[str], Hashable] = kind) -> pytest.MarkDecorator:
    """Run a test for each `route`; those after the first of a kind are slow."""
    quick = one_of_each(routes, kind_of)
    return pytest.mark.parametrize(
        "route", [route if route in quick else pytest.param(route, marks=pytest.mark.slow) for route in routes]
    )


def all_of(routes: Sequence[str], kind_of: Callable[[str], Hashable] = kind) -> pytest.MarkDecorator:
    """Run a test for the first of each kind of `routes`, and a slow one for all."""
    return some_and_all("routes", one_of_each(routes, kind_of), list(routes))
