"""Pauses between attempts, and writes that met a transaction on their row, which no client of DynamoDB makes again."""

import random
import time
from typing import Any

from pynamodb.connection.base import Connection
from pynamodb.exceptions import VerboseClientError

_ATTEMPTS = 8
_MAX_PAUSE = 1.0  # seconds


def retrying[Kind: Connection](kind: type[Kind]) -> type[Kind]:
    """Return a connection class that makes a write again that met a transaction on its row; no SDK does.

    Calls have no signals, and do not ask for the consumed capacity, unlike PynamoDB's: nobody reads them.
    """

    class RetryingConnection(kind):  # type: ignore[valid-type,misc]  # a base class that is a variable
        def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
            for attempt in range(_ATTEMPTS - 1):
                try:
                    return self._make_api_call(operation_name, operation_kwargs)  # type: ignore[no-any-return]
                except VerboseClientError as error:
                    if error.response["Error"]["Code"] != "TransactionConflictException":
                        raise
                back_off(attempt)
            return self._make_api_call(operation_name, operation_kwargs)  # type: ignore[no-any-return]

    return RetryingConnection


def back_off(attempt: int) -> None:
    """Sleep before the next attempt: exponential backoff with full jitter, at most one second."""
    time.sleep(random.uniform(0, min(_MAX_PAUSE, 0.01 * 2**attempt)))  # noqa: S311 -- jitter, not a secret
