"""Access to the layer's modules."""

from importlib import import_module
from typing import Any


def layer(module: str) -> Any:
    """Import a module of the layer: `layer("mail.flows")`. It reads the environment, so import it in tests only."""
    return import_module(f"gatehouse.{module}")
