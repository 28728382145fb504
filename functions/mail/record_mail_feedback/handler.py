"""The queue `MailFeedback` -- record bounces and complaints; messages that fail raise an alarm."""

from typing import Any

from gatehouse import telemetry
from gatehouse.accounts.unsubscribing import end_digests
from gatehouse.mail.feedback import process_feedback


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            telemetry.record_outcome("record_mail_feedback", process_feedback(record["body"], end_digests))
        except Exception:  # noqa: BLE001 -- an unreadable one must not stop the others
            telemetry.logger.exception("mail feedback not recorded", message_id=record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
