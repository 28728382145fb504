"""The schedule rate(15 minutes) -- mail due tasks to users in whose time zone it is morning."""

from typing import Any

from gatehouse import telemetry
from gatehouse.reminders import remind


class NotAllReminded(Exception):
    """Rows of some users could not be read; the log names these users."""


def handler(_event: dict[str, Any], context: Any) -> None:
    report = remind(context.get_remaining_time_in_millis)
    code = "finished" if report.finished else "interrupted"
    telemetry.record_outcome("remind", code, mailed=report.mailed, failed=report.failed)
    if report.failed:
        raise NotAllReminded  # so that an alarm counts it
