"""Build a Lambda handler from a router: Mangum, then the middleware, then FastAPI."""

from importlib import import_module
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from mangum import Mangum
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gatehouse import dynamodb, keys, telemetry
from gatehouse.config import config
from gatehouse.http.middleware import RequestMiddleware
from gatehouse.http.policy import AccessPolicy

_WARM_UP_EVENT = {  # refused before anything is read: a cookie without an origin, and a parameter given twice
    "version": "2.0",
    "routeKey": "POST /",
    "rawQueryString": "a=1&a=2",
    "headers": {"cookie": "a=1"},
    "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": ""}},
}


def lambda_handler(router: APIRouter, policy: AccessPolicy | None = None) -> telemetry.Handler:
    """Return the handler for a function's routes. Without a policy it admits signed-in callers only."""
    policy = policy or AccessPolicy()
    config()
    name = cast("APIRoute", router.routes[0]).name
    # `include_router` would build all of a route once more, in the first request.
    app = FastAPI(routes=router.routes, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(RequestValidationError, _raise_to_middleware)
    app.add_exception_handler(HTTPException, _raise_to_middleware)
    app.add_middleware(RequestMiddleware, name=name, policy=policy)
    mangum = Mangum(app, lifespan="off")
    cold_start = iter((True,))

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        event = event | {"headers": _clean_headers(event)}
        if next(cold_start, False):
            telemetry.count_metric("ColdStart", function=name)
        return mangum(event, context)

    def warm_up() -> None:
        with telemetry.muted():
            mangum(_warm_up_event(router, policy), cast("Any", None))
        if policy.serves_pages:
            return
        request = keys.warm_up if policy.verifies_cookies else None if policy.public else keys.open_connection
        if policy.signs_tokens:  # not imported above: `cryptography` is for those who make or get a JWT
            request = import_module("gatehouse.keys.access_tokens").warm_up
        dynamodb.warm_up(request)

    handle.policy = policy  # type: ignore[attr-defined]  # for the OpenAPI document
    handle.warm_up = warm_up  # type: ignore[attr-defined]  # called by `bootstrap`
    return telemetry.with_tracing(handle)


def _warm_up_event(router: APIRouter, policy: AccessPolicy) -> dict[str, Any]:
    """Return the event of a request that reads and counts nothing; for pages, of a GET of the first one."""
    if policy.allow_cross_site:  # its origin is not checked, so it is refused for its size
        return _WARM_UP_EVENT | {"body": "x" * (policy.max_body_size + 1)}
    if not policy.serves_pages:
        return _WARM_UP_EVENT
    http = {"method": "GET", "path": cast("APIRoute", router.routes[0]).path, "sourceIp": ""}
    return _WARM_UP_EVENT | {"rawQueryString": "", "headers": {}, "requestContext": {"http": http, "domainName": ""}}


def _clean_headers(event: dict[str, Any]) -> dict[str, str]:
    """Return the headers without a host and port of the client's: Mangum fails on malformed ones, and nothing uses
    them.
    """
    headers = {name: value for name, value in event["headers"].items() if name != "x-forwarded-port"}
    return headers | {"host": event["requestContext"]["domainName"]}


async def _raise_to_middleware(_request: Request, error: Exception) -> Response:
    raise error
