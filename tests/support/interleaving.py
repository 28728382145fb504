"""Two requests at once, in an order of our choosing."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.layer import layer


def interleave(monkeypatch: pytest.MonkeyPatch, module: str, name: str, happens: Callable[[], object]) -> None:
    """When a request first comes to `name` in a module of the layer, `happens` is done and over before it goes on."""
    place = layer(module)
    real, left = getattr(place, name), [happens]

    def call(*given: Any, **named: Any) -> Any:
        if left:
            other = threading.Thread(target=left.pop())  # a thread has one event loop at a time
            other.start()
            other.join()
        return real(*given, **named)

    monkeypatch.setattr(place, name, call)
