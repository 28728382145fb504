"""The routes of every function, with unique names and their authentication."""

import runpy
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gatehouse_dev.model import Function
from gatehouse_dev.template import Template

# Names by which public functions authenticate.
AUTHENTICATING = {"CurrentSession", "OptionalAccount", "end_sessions", "request_options", "sign_in_with_passkey"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A route for one method; `name` is unique. `public` functions may still authenticate a caller."""

    name: str
    method: str
    route: APIRoute
    public: bool
    authenticates: bool

    def uses(self, dependency: str) -> bool:
        """Whether the route depends on a function of this name."""
        return dependency in _dependency_names(self.route.dependant)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFunction:
    """A function's folder, the globals of its file, and its routes."""

    area: str
    verb: str
    names: dict[str, Any]
    routes: tuple[APIRoute, ...]

    @property
    def summary(self) -> tuple[list[str], str, str]:
        """The methods, path and sentence of the module docstring, `GET, POST /path -- a sentence.`, in that order."""
        key, _, sentence = " ".join(self.names["__doc__"].split("\n\n")[0].split()).partition(" -- ")
        methods, _, path = key.rpartition(" ")
        return methods.split(", "), path, sentence[:1].upper() + sentence[1:].removesuffix(".")


def endpoints_of(template: Template) -> list[Endpoint]:
    """Load every function that has routes, in the order of the file."""
    functions = [_load(function) for function in template.functions.values() if function.routes]
    uses = Counter(name for function in functions for name in {route.name for route in function.routes})
    return [
        _endpoint(function, route, shared=uses[route.name] > 1) for function in functions for route in function.routes
    ]


def _load(function: Function) -> LoadedFunction:
    path, name = function.entry
    names = runpy.run_path(str(path), run_name=function.name)
    return LoadedFunction(
        area=function.folder.parent.name,
        verb=function.folder.name,
        names=names | {"policy": names[name].policy},
        routes=tuple(_documented(names["router"].routes)),
    )


def _documented(routes: Iterable[Any]) -> Iterator[APIRoute]:
    """Yield the routes in the schema: pages and assets are excluded."""
    return (route for route in routes if isinstance(route, APIRoute) and route.include_in_schema)


def _endpoint(function: LoadedFunction, route: APIRoute, *, shared: bool) -> Endpoint:
    [method] = list(route.methods or ())
    name = _name(function, route, f"{function.verb}_{route.name}" if shared else route.name)
    route.operation_id, route.summary, route.tags = name, function.summary[2], [function.area]
    route.response_description = HTTPStatus(route.status_code or 200).phrase
    return Endpoint(
        name=name,
        method=method,
        route=route,
        public=function.names["policy"].public,
        authenticates=not AUTHENTICATING.isdisjoint(function.names),
    )


def _name(function: LoadedFunction, route: APIRoute, name: str) -> str:
    """Return the operation id of an alias: by what differs in path or method."""
    methods, path, _ = function.summary
    paths = {other.path for other in function.routes if other.name == route.name}
    if "{user_id}" in route.path:
        name = f"{name}_of_user"
    elif route.path != path and len(paths) > 1:
        name = route.path.rpartition("/")[2].replace("-", "_")
    further = [method for method in methods[1:] if {method} == route.methods]
    return "_".join([name, *further]).lower()


def _dependency_names(dependant: Dependant) -> Iterator[str]:
    for dependency in dependant.dependencies:
        yield getattr(dependency.call, "__name__", "")
        yield from _dependency_names(dependency)
