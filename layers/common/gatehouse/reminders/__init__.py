"""Task reminders: one mail a day to users who want it, with the tasks due until the next one."""

from gatehouse.reminders.flows import Report, remind

__all__ = ["Report", "remind"]
