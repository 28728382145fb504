"""The second factor: codes of an app, mailed codes, backup codes, and devices that need none.

This package imports no flows: the gate of `accounts` imports it.
"""
