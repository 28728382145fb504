"""Limits of ratios to the bare yardstick of the same run."""

from typing import NamedTuple

from tests.performance.measuring import Figures


class Limit(NamedTuple):
    """The gate fails above `must`; `aim` is a goal."""

    must: float
    aim: float


class Ratio(NamedTuple):
    """A figure with its limit."""

    name: str
    value: float
    limit: Limit


COLD = Limit(must=0.95, aim=0.9)  # instructions from the start to the first response
COLD_WITH_PROVIDER = Limit(must=2.0, aim=1.4)  # the same for functions that call a provider, and for pages
FIRST = Limit(must=2.0, aim=1.5)  # first request after the start ÷ later request, of the same function
WARM = Limit(must=0.65, aim=0.5)  # instructions of a later request, for each call of DynamoDB that it makes
WARM_ALONE = Limit(must=0.95, aim=0.65)  # the same with one call or none, which bear the whole request
WARM_LIST = Limit(must=1.1, aim=0.8)  # the same for a response with twenty tasks


def ratios(one: Figures, bare: Figures) -> tuple[Ratio, Ratio, Ratio]:
    """Return the ratios of start, first and later request. Without DynamoDB calls it is compared as with one."""
    warm = WARM_LIST if one.request.lists else WARM if one.calls > 1 else WARM_ALONE
    return (
        Ratio("cold", one.cold / bare.cold, COLD_WITH_PROVIDER if one.request.provider else COLD),
        Ratio("first ÷ later", one.first / one.later, FIRST),
        Ratio("warm", one.later / max(1, one.calls) / bare.later, warm),
    )


def exceeded(one: Figures, bare: Figures) -> list[str]:
    """Return a sentence for each figure above its limit."""
    return [
        f"{one.name}: {ratio.name} is {ratio.value:.3f}, and must be {ratio.limit.must:.2f} at most"
        for ratio in ratios(one, bare)
        if ratio.value > ratio.limit.must
    ]
