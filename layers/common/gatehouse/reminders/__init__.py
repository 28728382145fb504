"""Reminders: one mail a day to those who want it, about what they have to do in the next 24 hours."""

from gatehouse.reminders.flows import Report, remind

__all__ = ["Report", "remind"]
