"""Task reminders: one mail a day to users who want it, with the tasks due in the next 24 hours."""

from gatehouse.reminders.flows import Report, remind

__all__ = ["Report", "remind"]
