"""Deliver a batch of stream records to a function, with Lambda's retries, bisection and partial failures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import batched

from gatehouse_dev import console
from gatehouse_dev.functions import FunctionFailed
from gatehouse_dev.model import StreamSource
from gatehouse_dev.template_file import Properties

INITIAL_BACKOFF_SECONDS = 0.2
MAX_BACKOFF_SECONDS = 5.0

type Records = list[Properties]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Delivers batches to `function`; `pause` waits some seconds and returns True to give up."""

    function: str
    source: StreamSource
    invoke: Callable[[str, Properties], object]
    pause: Callable[[float], bool]

    def deliver(self, records: Records) -> int:
        """Deliver records in order until each was accepted or given up, or `pause` ends that; returns their number."""
        return self._deliver_all(map(list, batched(records, self.source.batch_size, strict=False)), failures=0)

    def _deliver_all(self, batches: Iterable[Records], failures: int) -> int:
        handled = 0
        for batch in batches:
            count = self._deliver_batch(batch, failures)
            handled += count
            if count < len(batch):
                break
        return handled

    def _deliver_batch(self, records: Records, failures: int) -> int:
        handled = 0
        while handled < len(records):
            left = records[handled:]
            accepted = self._call(left)
            handled += accepted
            if accepted:
                failures = 0
                continue
            if self.source.bisect and len(left) > 1:
                middle = len(left) // 2
                return handled + self._deliver_all([left[:middle], left[middle:]], failures)
            failures += 1
            if 0 <= self.source.maximum_retry_attempts < failures:
                self._give_up(left)
                return len(records)
            if self.pause(min(INITIAL_BACKOFF_SECONDS * 2 ** (failures - 1), MAX_BACKOFF_SECONDS)):
                break
        return handled

    def _call(self, records: Records) -> int:
        """Return the number of records accepted before the first failure."""
        try:
            answer = self.invoke(self.function, {"Records": records})
        except FunctionFailed:
            return 0
        if not self.source.report_batch_item_failures:
            return len(records)
        return self._accepted_count(records, answer)

    def _accepted_count(self, records: Records, answer: object) -> int:
        failures = (answer.get("batchItemFailures") if isinstance(answer, dict) else None) or []
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        try:
            first = min((numbers.index(failure["itemIdentifier"]) for failure in failures), default=len(records))
        except (KeyError, TypeError, ValueError):
            console.report_error(f"{self.function} returned batchItemFailures that are not in the batch: {failures}")
            return 0
        if failures:
            console.report_error(f"{self.function} failed for {len(failures)} of {len(records)} stream records")
        return first

    def _give_up(self, records: Records) -> None:
        for record in records:
            what = f"{record['eventName']} {record['dynamodb']['Keys']}"
            console.report_error(f"{self.function} GAVE UP on a stream record of {self.source.table}: {what}")
