"""Faults of DynamoDB, below the retries of its clients: conflicts with transactions, and throttling."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.responses import DynamoHandler

_TYPE = "com.amazonaws.dynamodb.v20120810#"
_CONFLICTING = {"PutItem", "UpdateItem", "DeleteItem"}
_SPARED = ("Create", "Describe", "List", "Update", "Tag")  # operations on tables, when the service starts


@contextmanager
def faulty_dynamodb(share: float, seed: int = 1) -> Iterator[None]:
    """Answer this share of calls with an error while entered: half of them throttled, the others in a conflict."""
    chance = random.Random(seed)  # noqa: S311 -- faults, not secrets
    real: Callable[..., Any] = DynamoHandler._dispatch

    def dispatch(handler: Any, request: Any, *rest: Any, **named: Any) -> Any:  # moto's own signature
        operation = request.headers.get("X-Amz-Target", "").split(".")[-1]
        of_rows = operation == "UpdateItem" or not operation.startswith(_SPARED)
        if of_rows and chance.random() < share:
            return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(_error(operation, chance))
        return real(handler, request, *rest, **named)

    with patch.object(DynamoHandler, "_dispatch", dispatch):
        yield


def _error(operation: str, chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.5 and operation == "TransactWriteItems":
        reasons = [{"Code": "TransactionConflict", "Message": "conflict"}]
        return {
            "__type": f"{_TYPE}TransactionCanceledException",
            "CancellationReasons": reasons,
            "Message": "conflict",
        }
    if chance.random() < 0.5 and operation in _CONFLICTING:
        return {"__type": f"{_TYPE}TransactionConflictException", "message": "conflict"}
    return {"__type": f"{_TYPE}ProvisionedThroughputExceededException", "message": "throttled"}
