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
from gatehouse.http.middleware import AccessPolicy, RequestMiddleware

_WARM_UP_EVENT = {  # every door refuses it before it asks anything: a cookie from no site, and a parameter twice
    "version": "2.0",
    "routeKey": "POST /",
    "rawQueryString": "a=1&a=2",
    "headers": {"cookie": "a=1"},
    "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": ""}},
}


def lambda_handler(
    router: APIRouter,
    *,
    public: bool = False,
    with_profile: bool = False,
    verifies_cookies: bool = False,
    constant_time: bool = False,
    allow_cross_site: bool = False,
    signs_tokens: bool = False,
    serves_pages: bool = False,
) -> telemetry.Handler:
    """Return the handler for a function's routes. Only signed-in callers are accepted, unless it is `public`.

    `with_profile` reads the caller's profile together with the session. `verifies_cookies` says that the function may
    read the secret: it rejects a badly signed cookie before any read. `constant_time` responds at the next tenth of a
    second, so that timing does not show whether a row exists. `allow_cross_site` accepts posts and forms from other
    sites; such a function must not trust cookies. `signs_tokens` says that responses carry access tokens.
    `serves_pages` is for HTML pages: they check redirect parameters themselves and read nothing from DynamoDB.
    """
    config()
    name = cast("APIRoute", router.routes[0]).name
    # `include_router` would build all of a route once more, in the first request.
    app = FastAPI(routes=router.routes, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(RequestValidationError, _raise_to_middleware)
    app.add_exception_handler(HTTPException, _raise_to_middleware)
    policy = AccessPolicy(
        public=public,
        with_profile=with_profile,
        verifies_cookies=verifies_cookies,
        constant_time=constant_time,
        allow_cross_site=allow_cross_site,
        serves_pages=serves_pages,
    )
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
            mangum(_page_event(router) if serves_pages else _WARM_UP_EVENT, cast("Any", None))
        if serves_pages:
            return
        request = keys.warm_up if verifies_cookies else None if public else keys.open_connection
        if signs_tokens:  # not imported above: `cryptography` is for those who make or get a JWT
            request = import_module("gatehouse.keys.access_tokens").warm_up
        dynamodb.warm_up(request)

    handle.policy = policy  # type: ignore[attr-defined]  # the description of the API tells who may call
    handle.warm_up = warm_up  # type: ignore[attr-defined]  # `start` calls it where Lambda starts
    return telemetry.with_tracing(handle)


def _page_event(router: APIRouter) -> dict[str, Any]:
    """Return the event of a GET of the first page."""
    http = {"method": "GET", "path": cast("APIRoute", router.routes[0]).path, "sourceIp": ""}
    return _WARM_UP_EVENT | {"rawQueryString": "", "headers": {}, "requestContext": {"http": http, "domainName": ""}}


def _clean_headers(event: dict[str, Any]) -> dict[str, str]:
    """Return the headers without those on which Mangum fails when they are malformed: nobody else
    reads host and port.
    """
    kept = {name: value for name, value in event["headers"].items() if name != "x-forwarded-port"}
    return kept | {"host": event["requestContext"]["domainName"]}


async def _raise_to_middleware(_request: Request, error: Exception) -> Response:
    raise error
