"""What a call takes of everything that is paid for, with what it sets off: functions, mails, notices of them."""

from dataclasses import dataclass, replace

from tests.costs.meter import Cost
from tests.costs.sums import Addable

_NOTHING = Cost()
_COARSE = 100  # bytes
_LITTLE = 10  # milliseconds, or a quarter


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption(Addable):
    """Of API Gateway, Lambda, DynamoDB, SES, SNS and SQS, logs, and what is sent out; sizes in bytes."""

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
        """The same, after Lambda billed it for so long with so many MB."""
        return replace(self, milliseconds=milliseconds, gb_seconds=milliseconds / 1000 * memory / 1024)

    def coarsely(self) -> "Consumption":
        """The same with sizes that do not depend on the digits of a time; rather too large."""
        return replace(self, logged=-(-self.logged // _COARSE) * _COARSE, sent=-(-self.sent // _COARSE) * _COARSE)

    def settled(self, told: int) -> "Consumption":
        """The same with the time that was told before, unless it is another one by now."""
        if not told or abs(self.milliseconds - told) > max(_LITTLE, told / 4):
            return self
        return replace(self, milliseconds=told, gb_seconds=self.gb_seconds * told / self.milliseconds)
