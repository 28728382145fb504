"""What is to be reached, as ratios to the bare yardstick in the same run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`must` is what the gate holds, `aim` what we would like."""

    must: float
    aim: float


COLD = Limit(must=1.40, aim=0.95)  # instructions from the start to the first answer
COLD_WITH_PROVIDER = Limit(must=2.0, aim=1.4)  # the same, of functions that speak to a provider, and of pages
FIRST = Limit(must=2.0, aim=1.5)  # first request after init ÷ later request, of the same function
WARM = Limit(must=1.4, aim=0.65)  # instructions of a later request, for each call of DynamoDB that it makes


def cold(*, provider: bool) -> Limit:
    """The limit for a cold start."""
    return COLD_WITH_PROVIDER if provider else COLD
