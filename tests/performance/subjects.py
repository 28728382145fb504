"""Everything that can be measured: the functions of the build, and the yardsticks."""

from collections.abc import Iterable

from tests.performance.built import Built
from tests.performance.child import Subject
from tests.performance.memory import Memory
from tests.performance.packages import BARE, NATURAL, yardstick
from tests.performance.requests import REQUESTS, BenchRequest
from tests.performance.world import World

YARDSTICKS = (BARE, NATURAL)
_THEIRS = "CreateTask"  # is what yardsticks do


class Unknown(Exception):
    """No function of the template that has routes, or none that we know what to ask of."""


def subjects(world: World, built: Built, names: Iterable[str], yardsticks: Iterable[str] = YARDSTICKS) -> list[Subject]:
    """The yardsticks, and the functions of these names, or all that have routes."""
    wanted = list(names) or list(built.functions)
    if unknown := [name for name in wanted if name not in REQUESTS or name not in built.functions]:
        raise Unknown(f"not to be measured: {', '.join(unknown)}")
    return [*(_yardstick(world, built, name) for name in yardsticks), *(_one(world, built, name) for name in wanted)]


def _one(world: World, built: Built, name: str) -> Subject:
    function, ask = built.functions[name], REQUESTS[name]
    return Subject(
        name=name,
        task=function.folder,
        opt=built.opt(name),
        handler=function.handler,
        memory_mib=function.memory,
        environment=function.environment,
        event=world.event(function.routes[ask.route].key, ask, {"SCRIPT": built.asset("gatehouse.js")}),
        ask=ask,
        memory=Memory(world.cloud(name)),
    )


def _yardstick(world: World, built: Built, name: str) -> Subject:
    folder, function = yardstick(name), built.functions[_THEIRS]
    ask = BenchRequest(request=REQUESTS[_THEIRS].request, status=REQUESTS[_THEIRS].status, about="a yardstick")
    return Subject(
        name=name,
        task=folder / "task",
        opt=folder / "opt",
        handler="handler.handler",
        memory_mib=function.memory,
        environment=function.environment,
        event=world.event(function.routes[0].key, ask),
        ask=ask,
        memory=Memory(world.cloud(name)),
    )
