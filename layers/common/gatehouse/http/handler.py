"""From a router to a Lambda handler: FastAPI behind the door, Mangum before it."""

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
from gatehouse.http.door import Admits, Door

_NOBODYS = {  # every door refuses it before it asks anything: a cookie from no site, and a parameter twice
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
    holds_secret: bool = False,
    evenly: bool = False,
    from_elsewhere: bool = False,
    signs: bool = False,
    pages: bool = False,
) -> telemetry.Handler:
    """The handler for a function's routes. It admits signed-in callers only, unless it is `public`.

    `with_profile` reads the caller's profile together with the session. `holds_secret` says that the function may read
    the secret: it refuses a badly signed cookie before any read. `evenly` answers at the next tenth of a second, so
    that no time tells whether a row was there. To one that people are sent `from_elsewhere` other sites may post, and
    forms: it must not believe cookies. One that `signs` answers with access tokens. `pages` are shown to whoever
    followed a link, wherever its parameters would lead: the page must check them. They ask nothing of DynamoDB.
    """
    config()
    name = cast("APIRoute", router.routes[0]).name
    # `include_router` would build all of a route once more, in the first request.
    app = FastAPI(routes=router.routes, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(RequestValidationError, _to_the_door)
    app.add_exception_handler(HTTPException, _to_the_door)
    admits = Admits(
        public=public,
        with_profile=with_profile,
        holds_secret=holds_secret,
        evenly=evenly,
        from_elsewhere=from_elsewhere,
        pages=pages,
    )
    app.add_middleware(Door, name=name, admits=admits)
    mangum = Mangum(app, lifespan="off")
    cold = iter((True,))

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        event = event | {"headers": _harmless(event)}
        if next(cold, False):
            telemetry.count("ColdStart", function=name)
        return mangum(event, context)

    def make_ready() -> None:
        with telemetry.unheard():
            mangum(_visit(router) if pages else _NOBODYS, cast("Any", None))
        if pages:
            return
        first = keys.look_ahead if holds_secret else None if public else keys.look_at_nothing
        if signs:  # not imported above: `cryptography` is for those who make or get a JWT
            first = import_module("gatehouse.keys.access").look_ahead
        dynamodb.make_ready(first)

    handle.admits = admits  # type: ignore[attr-defined]  # the description of the API tells who may call
    handle.make_ready = make_ready  # type: ignore[attr-defined]  # `start` calls it where Lambda starts
    return telemetry.traced(handle)


def _visit(router: APIRouter) -> dict[str, Any]:
    """Somebody who looks at the first page."""
    http = {"method": "GET", "path": cast("APIRoute", router.routes[0]).path, "sourceIp": ""}
    return _NOBODYS | {"rawQueryString": "", "headers": {}, "requestContext": {"http": http, "domainName": ""}}


def _harmless(event: dict[str, Any]) -> dict[str, str]:
    """The headers without what Mangum fails on when it is malformed: nobody else reads host and port."""
    kept = {name: value for name, value in event["headers"].items() if name != "x-forwarded-port"}
    return kept | {"host": event["requestContext"]["domainName"]}


async def _to_the_door(_request: Request, error: Exception) -> Response:
    raise error
