"""Somebody's browser, as far as cookies go."""

from typing import Any

from tests.support.auth_calls import TRUSTED_ORIGIN
from tests.support.calls import Api, Response


class Browser:
    """Calls routes like `Api`, keeps the cookies of the responses and sends them back."""

    def __init__(self, call: Api) -> None:
        """A new one, without cookies."""
        self._call = call
        self.cookies: dict[str, str] = {}

    def __call__(self, route: str, **request: Any) -> Response:
        """Call a route as a page of ours does."""
        cookies = [f"{name}={value}" for name, value in self.cookies.items()]
        response = self._call(route, **{"cookies": cookies or None, "headers": TRUSTED_ORIGIN} | request)
        for line in response.cookies:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "; Max-Age=0" in line:
                del self.cookies[name]
        return response
