"""Calls routes as API Gateway does, through the deployed handlers."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatehouse_dev.functions import FunctionPools
from gatehouse_dev.template import Template
from tests.support.aws_calls import RECORDER
from tests.support.events import event_for
from tests.support.secret_usage import record_key_use


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A function's response to API Gateway."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.text)

    @property
    def code(self) -> str | None:
        """The error code, if the response is an error; of a page, the one that it shows."""
        if self.headers.get("content-type", "").startswith("text/html"):
            shown = re.search(r"<code>([\w'-]+)</code>", self.text)
            return shown[1] if shown else None
        body = self.json if self.text else None
        return body.get("code") if isinstance(body, dict) else None


class Api:
    """All functions of the template, called by route."""

    def __init__(self, template: Template) -> None:
        """Handlers are loaded on their first call."""
        self.template = template
        self.pools = FunctionPools(template)
        self.between_calls: Callable[[], None] = lambda: None
        record_key_use()
        self._functions = {route.key: route.function for route in template.routes}

    def __call__(self, route: str, **request: Any) -> Response:
        """Call a route by its key, `POST /api/tasks/{task_id}`. `event_for` documents the other arguments."""
        result = self.invoke(self._functions[route], event_for(route, **request))
        return Response(
            status=result["statusCode"],
            headers=result.get("headers", {}),
            cookies=result.get("cookies", []),
            text=result.get("body", ""),
        )

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Invoke a function by its logical id, with any event."""
        self.between_calls()
        with RECORDER.as_function(function):
            return self.pools.invoke(function, event)

    @property
    def aws_operations(self) -> list[str]:
        """The AWS operations of this thread's latest request, in order."""
        return RECORDER.latest_operations
