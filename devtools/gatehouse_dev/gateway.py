"""API Gateway's HTTP API without the network: its own responses, and routing."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from gatehouse_dev import console, cors
from gatehouse_dev.functions import FunctionFailed
from gatehouse_dev.lambda_response import MalformedResponse, parse_response
from gatehouse_dev.messages import Request, Response, message
from gatehouse_dev.model import Cors, Route
from gatehouse_dev.routing import Match, choose, has_path

REQUEST_LIMIT = 10 * 1024 * 1024
RESPONSE_LIMIT = 6 * 1024 * 1024

NOT_FOUND = message(404, "Not Found")
TOO_LARGE = message(413, "Request Entity Too Large")
FAILED = message(500, "Internal Server Error")
TIMED_OUT = message(503, "Service Unavailable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The routes and CORS of one template."""

    routes: tuple[Route, ...]
    cors: Cors | None = None

    def match(self, request: Request) -> Match | None:
        """Return the route of a request."""
        return choose(self.routes, request.method, request.raw_path)

    def has_path(self, request: Request) -> bool:
        """Whether the template has this path, for any method."""
        return has_path(self.routes, request.raw_path)

    def preflight(self, request: Request) -> Response | None:
        """Return the response to a CORS preflight, which reaches no function."""
        return cors.preflight(self.cors, request)

    def finalize(self, request: Request, response: Response) -> Response:
        """Add the headers that the gateway adds to every response."""
        return cors.add_headers(self.cors, request, response)


def run_integration(function: str, invoke: Callable[[], object]) -> Response:
    """Convert a function's result to HTTP; failures and malformed results are a 500."""
    try:
        document = json.dumps(invoke())
        if len(document) > RESPONSE_LIMIT:
            console.report_error(f"{function} returned {len(document)} bytes; Lambda allows {RESPONSE_LIMIT}")
            return FAILED
        return parse_response(json.loads(document))
    except FunctionFailed:
        return FAILED
    except (TypeError, ValueError, RecursionError, MalformedResponse) as error:
        console.report_error(f"{function} returned a response that cannot be sent: {error}")
        return FAILED
