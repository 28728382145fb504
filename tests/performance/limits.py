"""Limits of ratios to the bare yardstick of the same run; docs/performance.md has the aims, too."""

from typing import NamedTuple

from tests.performance.measuring import Figures
from tests.performance.requests import BenchRequest

COLD = 0.95  # instructions from the start to the first response
COLD_WITH_PROVIDER = 2.0  # the same for functions that call a provider, and for pages
COLD_WITH_PASSKEY = 1.4  # the same for functions that check what an authenticator signed
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
    warm = WARM_LIST if one.request.lists else WARM if one.calls > 1 else WARM_ALONE
    return (
        Ratio("cold", one.cold / bare.cold, _cold_limit(one.request)),
        Ratio("first ÷ later", one.first / one.later, FIRST),
        Ratio("warm", one.later / max(1, one.calls) / bare.later, warm),
    )


def _cold_limit(request: BenchRequest) -> float:
    if request.provider:
        return COLD_WITH_PROVIDER
    return COLD_WITH_PASSKEY if request.passkey else COLD


def exceeded(one: Figures, bare: Figures) -> list[str]:
    """Return a sentence for each figure above its limit."""
    return [
        f"{one.name}: {ratio.name} is {ratio.value:.3f}, and must be {ratio.limit:.2f} at most"
        for ratio in ratios(one, bare)
        if ratio.value > ratio.limit
    ]
