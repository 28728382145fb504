"""The minimal yardstick."""
