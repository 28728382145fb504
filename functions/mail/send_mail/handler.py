"""The stream of `tokens` -- send the mail of each pending row; mails that SES refuses for now are retried."""

from typing import Any

from gatehouse import telemetry
from gatehouse.mail import Delivery, deliver, row_from_image


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        outcome = deliver(row_from_image(record["dynamodb"]["NewImage"]))
        telemetry.record_outcome("send_mail", outcome)
        if outcome is Delivery.DELAYED:
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}
