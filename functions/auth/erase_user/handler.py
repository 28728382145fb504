"""The stream of `tokens` -- erase the data of each deleted user, and end excess sessions; what fails is retried."""

from typing import Any

from gatehouse import telemetry
from gatehouse.accounts import trim_orders
from gatehouse.erasure import Erasure, erase
from gatehouse.sessions.trimming import end_excess_sessions


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        order = record["dynamodb"]["NewImage"]
        user_id = order["subject"]["S"]
        if order["purpose"]["S"] == trim_orders.PURPOSE:
            if ended := end_excess_sessions(user_id):
                telemetry.logger.info("excess sessions ended", user_id=user_id, sessions=ended)
            continue
        outcome = erase(user_id, context.get_remaining_time_in_millis)
        telemetry.record_outcome("erase_user", outcome)
        if outcome is Erasure.DELAYED:
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}
