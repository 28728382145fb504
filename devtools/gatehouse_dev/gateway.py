"""API Gateway's HTTP API, without the network: what it answers itself, and what it hands on."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from gatehouse_dev import console, cors
from gatehouse_dev.answers import MalformedAnswer, response
from gatehouse_dev.functions import FunctionFailed
from gatehouse_dev.messages import Request, Response, message
from gatehouse_dev.model import Cors, Route
from gatehouse_dev.routing import Match, choose, known

REQUEST_LIMIT = 10 * 1024 * 1024
ANSWER_LIMIT = 6 * 1024 * 1024

NOT_FOUND = message(404, "Not Found")
TOO_LARGE = message(413, "Request Entity Too Large")
FAILED = message(500, "Internal Server Error")
TIMED_OUT = message(503, "Service Unavailable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The routes and CORS of one template."""

    routes: tuple[Route, ...]
    cors: Cors | None = None

    def choose(self, request: Request) -> Match | None:
        """Give the route that serves a request."""
        return choose(self.routes, request.method, request.raw_path)

    def knows(self, request: Request) -> bool:
        """Say whether the template has this path, for whatever method."""
        return known(self.routes, request.raw_path)

    def preflight(self, request: Request) -> Response | None:
        """Answer a CORS preflight, which reaches no function."""
        return cors.preflight(self.cors, request)

    def finish(self, request: Request, response: Response) -> Response:
        """Add what the gateway adds to every answer."""
        return cors.shared(self.cors, request, response)


def answered(function: str, invoke: Callable[[], object]) -> Response:
    """Turn whatever a function does into HTTP; what cannot be turned is a 500."""
    try:
        document = json.dumps(invoke())
        if len(document) > ANSWER_LIMIT:
            console.trouble(f"{function} answered {len(document)} bytes; Lambda allows {ANSWER_LIMIT}")
            return FAILED
        return response(json.loads(document))
    except FunctionFailed:
        return FAILED
    except (TypeError, ValueError, RecursionError, MalformedAnswer) as error:
        console.trouble(f"{function} answered what cannot be sent: {error}")
        return FAILED
