"""Two concurrent requests in a fixed order."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.layer import layer


def interleave(monkeypatch: pytest.MonkeyPatch, module: str, name: str, other_request: Callable[[], object]) -> None:
    """Run `other_request` to its end when a request first calls `name` in a module of the layer."""
    target = layer(module)
    real, remaining = getattr(target, name), [other_request]

    def call(*arguments: Any, **keywords: Any) -> Any:
        if remaining:
            other = threading.Thread(target=remaining.pop())  # a thread can run one event loop only
            other.start()
            other.join()
        return real(*arguments, **keywords)

    monkeypatch.setattr(target, name, call)
