"""Calling a route as API Gateway does, through the handler that is deployed."""

import json
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
    """What the function gave back to API Gateway."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)

    @property
    def code(self) -> str | None:
        """The error's code, if it is an error."""
        body = self.json if self.text else None
        return body.get("code") if isinstance(body, dict) else None


class Api:
    """Every function of the template; `calls` tells what the latest request asked of AWS."""

    def __init__(self, template: Template) -> None:
        """Handlers are loaded when first called."""
        self.template = template
        self.fleet = FunctionPools(template)
        self.between_calls: Callable[[], None] = lambda: None
        record_key_use()
        self._functions = {route.key: route.function for route in template.routes}

    def __call__(self, route: str, **request: Any) -> Response:
        """Call a route of the template by its key, `POST /api/tasks/{task_id}`; see `event_for` for the rest."""
        result = self.invoke(self._functions[route], event_for(route, **request))
        return Response(
            status=result["statusCode"],
            headers=result.get("headers", {}),
            cookies=result.get("cookies", []),
            text=result.get("body", ""),
        )

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function by its name in the template with any event."""
        self.between_calls()
        with RECORDER.as_function(function):
            return self.fleet.invoke(function, event)

    @property
    def calls(self) -> list[str]:
        """The AWS operations of this thread's latest request, in order."""
        return RECORDER.calls
