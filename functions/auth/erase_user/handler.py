"""The stream of `tokens` -- erase the data of each deleted user; unfinished erasures are retried."""

from typing import Any

from gatehouse import telemetry
from gatehouse.erasure import Erasure, erase


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        user_id = record["dynamodb"]["NewImage"]["subject"]["S"]
        outcome = erase(user_id, context.get_remaining_time_in_millis)
        telemetry.record_outcome("erase_user", outcome)
        if outcome is Erasure.DELAYED:
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}
