"""Calculates costs: each call with the work that follows it, fixed costs, and calls as lists grow."""
