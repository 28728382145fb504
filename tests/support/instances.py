"""Instances of functions, which in tests all share one process, with their cached keyrings."""

from typing import Any

from tests.support.calls import Api, Response
from tests.support.layer import layer


class Instance:
    """A warm process: its cached keyring, and when it read it."""

    def __init__(self, call: Api) -> None:
        """Take the state of the current process."""
        keyring = layer("keys.keyring")
        self._call = call
        self._seen = keyring._cached, keyring._refreshed_at

    def __call__(self, route: str, **request: Any) -> Response:
        """Call a function there, as if it had read nothing since."""
        self.switch()
        return self._call(route, **request)

    def switch(self) -> None:
        """Give the current process that state."""
        keyring = layer("keys.keyring")
        keyring._cached, keyring._refreshed_at = self._seen
        layer("keys.macs")._last_refresh = float("-inf")
