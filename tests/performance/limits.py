"""Limits of ratios to the bare yardstick of the same run; docs/performance.md has the aims, too."""

from typing import NamedTuple

from tests.performance.measuring import Figures

COLD = 0.95  # instructions from the start to the first response
COLD_OF_KIND = {"provider": 2.0, "passkey": 1.4}  # the same for functions that call a provider, or check a signature
FIRST = 2.0  # first request after the start ÷ later request, of the same function
WARM = 0.65  # instructions of a later request, for each call of DynamoDB that it makes
WARM_ALONE = 0.95  # the same with one call or none, which bear the whole request
WARM_LIST = 1.1  # the same for a response with twenty tasks


class Ratio(NamedTuple):
    """A figure with its limit."""

    name: str
    value: float
    limit: float


def ratios(one: Figures, bare: Figures) -> tuple[Ratio, Ratio, Ratio]:
    """Return the ratios of start, first and later request. Without DynamoDB calls it is compared as with one."""
    warm = WARM_LIST if one.request.kind == "list" else WARM if one.calls > 1 else WARM_ALONE
    return (
        Ratio("cold", one.cold / bare.cold, COLD_OF_KIND.get(one.request.kind, COLD)),
        Ratio("first ÷ later", one.first / one.later, FIRST),
        Ratio("warm", one.later / max(1, one.calls) / bare.later, warm),
    )


def exceeded(one: Figures, bare: Figures) -> list[str]:
    """Return a sentence for each figure above its limit."""
    return [
        f"{one.name}: {ratio.name} is {ratio.value:.3f}, and must be {ratio.limit:.2f} at most"
        for ratio in ratios(one, bare)
        if ratio.value > ratio.limit
    ]
