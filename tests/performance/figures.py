"""The measurements of a function, and their ratios to the bare yardstick."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.performance import limits
from tests.performance.instructions import Instructions
from tests.performance.inventory import Inventory
from tests.performance.limits import Limit
from tests.performance.measuring import Times
from tests.performance.requests import BenchRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The measurements of one subject; None if not measured."""

    name: str
    request: BenchRequest
    inventory: Inventory
    times: Times | None = None
    instructions: Instructions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A figure with a limit."""

    name: str
    value: float
    limit: Limit


def ratios(one: Figures, bare: Figures) -> list[Ratio]:
    """Return the ratios of instructions. A function without DynamoDB calls is compared as if it made one."""
    ours, theirs = one.instructions, bare.instructions
    if not ours or not theirs:
        return []
    warm = ours.later / max(1, one.inventory.trips) / theirs.later
    return [
        Ratio(name="cold", value=ours.cold / theirs.cold, limit=limits.cold(provider=one.request.provider)),
        Ratio(name="first ÷ later", value=ours.first / ours.later, limit=limits.FIRST),
        Ratio(name="warm", value=warm, limit=limits.WARM),
    ]


def cpu_ratios(one: Figures, bare: Figures) -> dict[str, float]:
    """Return the ratios of CPU time."""
    ours, theirs = one.times, bare.times
    if not ours or not theirs:
        return {}
    return {"cold": ours.cold_cpu / theirs.cold_cpu, "first ÷ later": ours.first_cpu / ours.later_cpu}


def exceeded(every: list[Figures], bare: Figures) -> list[str]:
    """Return a sentence for each figure above its limit."""
    return [
        f"{one.name}: {ratio.name} is {ratio.value:.3f}, and must be {ratio.limit.must:.2f} at most"
        for one in every
        for ratio in ratios(one, bare)
        if ratio.value > ratio.limit.must
    ]


def document(one: Figures, bare: Figures) -> dict[str, Any]:
    """Return all figures for JSON."""
    return {
        "status": one.request.status,
        "about": one.request.about,
        "ratios": {ratio.name: round(ratio.value, 4) for ratio in ratios(one, bare)},
        "cpu ratios": {name: round(value, 4) for name, value in cpu_ratios(one, bare).items()},
        "instructions": asdict(one.instructions) if one.instructions else None,
        "times": asdict(one.times) if one.times else None,
        "inventory": asdict(one.inventory),
    }
