"""The schedule rate(15 minutes) -- mail what is due to everybody in whose time zone a new day has begun."""

from typing import Any

from gatehouse import telemetry
from gatehouse.reminders import remind


class NotAllReminded(Exception):
    """There are people whose rows cannot be read; the log names them."""


def handler(_event: dict[str, Any], context: Any) -> None:
    report = remind(context.get_remaining_time_in_millis)
    code = "finished" if report.finished else "interrupted"
    telemetry.record_outcome("remind", code, mailed=report.mailed, failed=report.failed)
    if report.failed:
        raise NotAllReminded  # an alarm counts functions that fail
