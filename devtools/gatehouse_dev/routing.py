"""Choose a route as API Gateway does: fixed before variable before greedy segments, case-sensitive."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from gatehouse_dev.model import Route

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
FIXED, VARIABLE, GREEDY = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route with its path variables decoded; a lower rank is more specific."""

    route: Route
    parameters: dict[str, str]
    rank: tuple[int, ...] = ()


def choose(routes: Iterable[Route], method: str, raw_path: str) -> Match | None:
    """Return the match of a path. It must be percent-encoded, so that an encoded slash is not a separator."""
    if method not in METHODS:
        return None
    fitting = [route for route in routes if route.method in (method, "ANY")]
    matches = [match for route in fitting if (match := _match(route, raw_path))]
    return min(matches, key=lambda match: (match.rank, match.route.method == "ANY"), default=None)


def has_path(routes: Iterable[Route], raw_path: str) -> bool:
    """Whether any route has this path, with any method; `$default` does not count."""
    return any(_match(route, raw_path) for route in routes if route.path != "$default")


def _match(route: Route, raw_path: str) -> Match | None:
    if route.path == "$default":
        return Match(route=route, parameters={}, rank=(GREEDY + 1,))
    wanted, given = route.path.split("/")[1:], raw_path.split("/")[1:]
    if wanted[-1].endswith("+}") and len(given) >= len(wanted):
        given = [*given[: len(wanted) - 1], "/".join(given[len(wanted) - 1 :])]
    if len(wanted) != len(given):
        return None
    values = [unquote(segment) for segment in given]
    ranks = tuple(_rank(segment) for segment in wanted)
    for segment, rank, value in zip(wanted, ranks, values, strict=True):
        if (rank == FIXED and segment != value) or (rank != FIXED and value.strip("/") == ""):
            return None
    named = zip(wanted, ranks, values, strict=True)
    return Match(route=route, parameters={name.strip("{+}"): value for name, rank, value in named if rank}, rank=ranks)


def _rank(segment: str) -> int:
    if not segment.startswith("{"):
        return FIXED
    return GREEDY if segment.endswith("+}") else VARIABLE
