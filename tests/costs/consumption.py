"""The billed consumption of a call and of the work that follows it: functions, mails and their notifications."""

from dataclasses import dataclass, replace

from tests.costs.meter import Cost
from tests.costs.sums import Addable

_NOTHING = Cost()
_SIZE_STEP = 100  # bytes
_TOLERANCE = 10  # milliseconds; for long times a quarter


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption(Addable):
    """Consumption of API Gateway, Lambda, DynamoDB, SES, SNS and SQS, logs and outbound traffic. Sizes are in bytes."""

    requests: int = 0
    invocations: int = 0
    milliseconds: int = 0
    gb_seconds: float = 0
    cost: Cost = _NOTHING
    mails: int = 0
    notices: int = 0
    logged: int = 0
    sent: int = 0
    metrics: frozenset[str] = frozenset()

    def run_for(self, milliseconds: int, memory: int) -> "Consumption":
        """Return the consumption with this billed time and memory in MB."""
        return replace(self, milliseconds=milliseconds, gb_seconds=milliseconds / 1000 * memory / 1024)

    def rounded(self) -> "Consumption":
        """Return the consumption with sizes rounded up, so that they do not depend on the digits of a time."""
        return replace(
            self, logged=-(-self.logged // _SIZE_STEP) * _SIZE_STEP, sent=-(-self.sent // _SIZE_STEP) * _SIZE_STEP
        )

    def with_known_time(self, known: int) -> "Consumption":
        """Return the consumption with an earlier time in milliseconds if that is similar."""
        if not known or abs(self.milliseconds - known) > max(_TOLERANCE, known / 4):
            return self
        return replace(self, milliseconds=known, gb_seconds=self.gb_seconds * known / self.milliseconds)
