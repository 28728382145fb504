"""Limits, as ratios to the bare yardstick of the same run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The gate fails above `must`; `aim` is a goal."""

    must: float
    aim: float


COLD = Limit(must=1.40, aim=0.95)  # instructions from the start to the first response
COLD_WITH_PROVIDER = Limit(must=2.0, aim=1.4)  # the same for functions that call a provider, and for pages
FIRST = Limit(must=2.0, aim=1.5)  # first request after init ÷ later request, of the same function
WARM = Limit(must=1.4, aim=0.65)  # instructions of a later request, for each call of DynamoDB that it makes


def cold(*, provider: bool) -> Limit:
    """Return the limit for a cold start."""
    return COLD_WITH_PROVIDER if provider else COLD
