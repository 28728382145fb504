"""The subjects of the benchmark: functions of the build, and yardsticks that reimplement CreateTask."""

from collections.abc import Sequence
from dataclasses import replace

from tests.performance.build import CACHE, CONSTRAINTS, HERE, Built, NotBuilt, packed, runtime
from tests.performance.lambda_process import Subject
from tests.performance.requests import REQUESTS
from tests.performance.world import World

BARE, NATURAL = "bare", "natural"


def functions(world: World, built: Built, names: Sequence[str]) -> list[Subject]:
    """Return these functions of the build."""
    if unknown := [name for name in names if name not in REQUESTS or name not in built.functions]:
        raise NotBuilt(f"the build has no function with routes and a benchmark request: {', '.join(unknown)}")
    return [_function(world, built, name) for name in names]


def yardstick(world: World, built: Built, name: str) -> Subject:
    """Return the subject of a yardstick's folder."""
    folder = packed(HERE / name, CACHE / name, CONSTRAINTS)
    reference = _function(world, built, "CreateTask")
    return replace(reference, name=name, task=folder / "task", opt=folder / "opt", handler="handler.handler")


def _function(world: World, built: Built, name: str) -> Subject:
    function, request = built.functions[name], REQUESTS[name]
    return Subject(
        name=name,
        command=runtime(),
        task=function.folder,
        opt=built.opt,
        handler=function.handler,
        memory_mib=function.memory,
        environment=function.environment,
        event=world.event(function.routes[request.route].key, request, SCRIPT=built.asset("gatehouse.js")),
        request=request,
        cloud=world.cloud,
    )
