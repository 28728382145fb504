"""Retries as in botocore's `standard` mode: conditions, pauses and quota.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import random
import time
from typing import Any

from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 -- the name in botocore
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.retries.quota import RetryQuota

from gatehouse.transport import ATTEMPTS

_COST, _COST_OF_TIMEOUT = 5, 10
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


class RetryState:
    """The attempts of one call. `quota` is that of all calls: during an outage, retries stop."""

    def __init__(self, quota: RetryQuota) -> None:
        self._quota = quota
        self._acquired = 1
        self.facts: dict[str, Any] = {"RetryAttempts": 0}  # botocore adds these to a response's metadata

    def succeeded(self) -> None:
        """Return the quota of this call, so that others may retry."""
        self._quota.release(self._acquired)

    def should_retry(self, error: Exception, *, fixed: bool) -> bool:
        """Whether to try again: after a pause, or at once if the cause was `fixed`."""
        attempts = self.facts["RetryAttempts"] + 1
        if attempts >= ATTEMPTS:
            self.facts["MaxAttemptsReached"] = True
            return False
        if not fixed:
            if not _is_retryable(error):
                return False
            cost = _COST_OF_TIMEOUT if isinstance(error, _TIMEOUTS) else _COST
            if not self._quota.acquire(cost):
                self.facts["RetryQuotaReached"] = True
                return False
            self._acquired = cost
            time.sleep(random.random() * 2.0 ** (attempts - 1))  # noqa: S311 -- jitter
        self.facts["RetryAttempts"] = attempts
        return True


def _is_retryable(error: Exception) -> bool:
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status in _STATUSES or error.response["Error"]["Code"] in _CODES
    return isinstance(error, _NO_ANSWER)
