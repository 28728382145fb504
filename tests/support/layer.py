"""Reaching into the layer, for tests of its parts and for accidents in the middle of a request."""

from importlib import import_module
from typing import Any


def layer(module: str) -> Any:
    """A module of the layer: `layer("mail.flows")`. It reads the environment when imported, so never before a test."""
    return import_module(f"gatehouse.{module}")
