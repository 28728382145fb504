"""The schedule rate(15 minutes) -- mail what is due to everybody in whose time zone a new day has begun."""

from typing import Any

from gatehouse import telemetry
from gatehouse.reminders import remind


def handler(_event: dict[str, Any], context: Any) -> None:
    report = remind(context.get_remaining_time_in_millis)
    telemetry.outcome("remind", "finished" if report.finished else "interrupted", mailed=report.mailed)
