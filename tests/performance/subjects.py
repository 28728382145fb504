"""The subjects of the benchmark: the functions of the build, and the yardsticks."""

from collections.abc import Iterable

from tests.performance.built import Built
from tests.performance.child import Subject
from tests.performance.packages import BARE, NATURAL, yardstick
from tests.performance.replay import ReplayingCloud
from tests.performance.requests import REQUESTS, BenchRequest
from tests.performance.world import World

YARDSTICKS = (BARE, NATURAL)
_REFERENCE = "CreateTask"  # the function that yardsticks reimplement


class Unknown(Exception):
    """The template has no such function with routes, or it has no benchmark request."""


def subjects(world: World, built: Built, names: Iterable[str], yardsticks: Iterable[str] = YARDSTICKS) -> list[Subject]:
    """Return the yardsticks, and these functions, by default all with routes."""
    selected = list(names) or list(built.functions)
    if unknown := [name for name in selected if name not in REQUESTS or name not in built.functions]:
        raise Unknown(f"cannot be measured:  {', '.join(unknown)}")
    return [*(_yardstick(world, built, name) for name in yardsticks), *(_one(world, built, name) for name in selected)]


def _one(world: World, built: Built, name: str) -> Subject:
    function, request = built.functions[name], REQUESTS[name]
    return Subject(
        name=name,
        task=function.folder,
        opt=built.opt(name),
        handler=function.handler,
        memory_mib=function.memory,
        environment=function.environment,
        event=world.event(function.routes[request.route].key, request, {"SCRIPT": built.asset("gatehouse.js")}),
        request=request,
        cloud=ReplayingCloud(world.cloud(name)),
    )


def _yardstick(world: World, built: Built, name: str) -> Subject:
    folder, function = yardstick(name), built.functions[_REFERENCE]
    request = BenchRequest(
        request=REQUESTS[_REFERENCE].request, status=REQUESTS[_REFERENCE].status, about="a yardstick"
    )
    return Subject(
        name=name,
        task=folder / "task",
        opt=folder / "opt",
        handler="handler.handler",
        memory_mib=function.memory,
        environment=function.environment,
        event=world.event(function.routes[0].key, request),
        request=request,
        cloud=ReplayingCloud(world.cloud(name)),
    )
