"""Another attempt: when, after which pause, and how many in all, as botocore's `standard` mode has it.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import random
import time
from threading import Lock
from typing import Any

from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 -- botocore's name
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
)

CAPACITY = 500
_COST, _COST_OF_TIMEOUT = 5, 10
_LONGEST_PAUSE = 20.0  # seconds
_NO_ANSWER = (ChecksumError, ConnectionError, HTTPClientError)
_TIMEOUTS = (ConnectTimeoutError, ReadTimeoutError)
_STATUSES = {500, 502, 503, 504}
_CODES = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}


class Quota:
    """What attempts after the first cost, of all calls together: where nothing works, they stop."""

    def __init__(self) -> None:
        self._most = self._left = CAPACITY
        self._lock = Lock()

    def take(self, cost: int) -> bool:
        """Whether there was so much left."""
        with self._lock:
            if cost > self._left:
                return False
            self._left -= cost
            return True

    def give_back(self, cost: int) -> None:
        """A call has succeeded."""
        if self._left < self._most:
            with self._lock:
                self._left = min(self._most, self._left + cost)


class Attempts:
    """Those of one call."""

    def __init__(self, quota: Quota, most: int) -> None:
        self._quota, self._most = quota, most
        self._to_give_back = 1
        self.facts: dict[str, Any] = {"RetryAttempts": 0}  # what botocore adds to the metadata of an answer

    def succeeded(self) -> None:
        """Other calls may try again the more."""
        self._quota.give_back(self._to_give_back)

    def again(self, error: Exception, *, mended: bool) -> bool:
        """Whether to try once more: after a pause, or at once where the cause was `mended`."""
        failed = self.facts["RetryAttempts"] + 1
        if failed >= self._most:
            self.facts["MaxAttemptsReached"] = True
            return False
        if not mended and not (passing(error) and self._pays_for(error)):
            return False
        if not mended:
            time.sleep(random.random() * min(2.0 ** (failed - 1), _LONGEST_PAUSE))  # noqa: S311 -- jitter
        self.facts["RetryAttempts"] = failed
        return True

    def _pays_for(self, error: Exception) -> bool:
        cost = _COST_OF_TIMEOUT if isinstance(error, _TIMEOUTS) else _COST
        if not self._quota.take(cost):
            self.facts["RetryQuotaReached"] = True
            return False
        self._to_give_back = cost
        return True


def passing(error: Exception) -> bool:
    """Whether the same call may well succeed a moment later."""
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status in _STATUSES or error.response["Error"]["Code"] in _CODES
    return isinstance(error, _NO_ANSWER)
