"""Placeholders in requests, such as tokens that exist only once a test runs."""

from collections.abc import Mapping
from typing import Any


def filled(request: Any, values: Mapping[str, Any]) -> Any:
    """Return the request with each text that is a name in `values` replaced, at any depth; functions are called."""
    if isinstance(request, dict):
        return {name: filled(value, values) for name, value in request.items()}
    if isinstance(request, list):
        return [filled(value, values) for value in request]
    value = values.get(request, request) if isinstance(request, str) else request
    return value() if callable(value) else value
