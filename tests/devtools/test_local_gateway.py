"""The local gateway behaves like an HTTP API of API Gateway: routes, events, responses and CORS."""

import base64
import json
import re
from typing import Any

import pytest

from gatehouse_dev import event_payload, gateway
from gatehouse_dev.functions import FunctionFailed
from gatehouse_dev.gateway import Api, run_integration
from gatehouse_dev.messages import Request, Response
from gatehouse_dev.model import Cors, Route
from gatehouse_dev.routing import Match, choose, has_path

KEYS = (
    "GET /tasks",
    "POST /tasks",
    "GET /tasks/{id}",
    "GET /tasks/latest",
    "GET /{owner}/tasks",
    "ANY /files/{path+}",
    "GET /files/index",
    "GET /",
)
ROUTES = [Route(method=key.split()[0], path=key.split()[1], function=key) for key in KEYS]
ORIGIN = "https://app.test"
CORS = Cors(
    allow_origins=(ORIGIN,),
    allow_methods=("GET", "POST"),
    allow_headers=("content-type",),
    expose_headers=("etag",),
    allow_credentials=True,
    max_age=600,
)


def chosen(method: str, path: str) -> Any:
    match = choose(ROUTES, method, path)
    return match and (match.route.key, match.parameters)


def event(path: str = "/tasks", method: str = "POST", **request: Any) -> dict[str, Any]:
    sent = Request(method=method, raw_path=path, **request)
    return event_payload.make_event(sent, Match(route=Route(method=method, path=path, function="F"), parameters={}))


def http_response(value: Any) -> Response:
    return run_integration("F", lambda: value)


# -- Routes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/tasks", ("GET /tasks", {})),
        ("GET", "/tasks/7", ("GET /tasks/{id}", {"id": "7"})),
        ("GET", "/tasks/latest", ("GET /tasks/latest", {})),
        ("GET", "/tasks/a%2Fb%20c", ("GET /tasks/{id}", {"id": "a/b c"})),
        ("GET", "/tasks/a+b", ("GET /tasks/{id}", {"id": "a+b"})),
        ("GET", "/tasks/tasks", ("GET /tasks/{id}", {"id": "tasks"})),
        ("GET", "/ann/tasks", ("GET /{owner}/tasks", {"owner": "ann"})),
        ("DELETE", "/files/a/b", ("ANY /files/{path+}", {"path": "a/b"})),
        ("GET", "/files/index", ("GET /files/index", {})),
        ("POST", "/files/index", ("ANY /files/{path+}", {"path": "index"})),
        ("HEAD", "/files/x", ("ANY /files/{path+}", {"path": "x"})),
        ("GET", "/", ("GET /", {})),
    ],
)
def test_the_most_specific_route_is_chosen(method: str, path: str, route: Any) -> None:
    assert chosen(method, path) == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/Tasks"),
        ("GET", "/tasks/"),
        ("GET", "//tasks"),
        ("GET", "/tasks//"),
        ("GET", "/files/"),
        ("GET", "/files"),
        ("HEAD", "/tasks"),
        ("TRACE", "/files/x"),
        ("PUT", "/tasks"),
    ],
)
def test_similar_paths_do_not_match(method: str, path: str) -> None:
    assert chosen(method, path) is None


def test_the_default_route_matches_other_paths() -> None:
    with_default = [*ROUTES, Route(method="ANY", path="$default", function="Rest")]

    keys = [match.route.key for path in ("/nowhere", "/tasks") if (match := choose(with_default, "GET", path))]

    assert keys == ["$default", "GET /tasks"]
    assert not has_path(with_default, "/nowhere")


# -- Events ---------------------------------------------------------------------


def test_an_event_has_the_shape_of_payload_2() -> None:
    result = event(
        raw_query="a=1&a=2&b=x%20y&empty=",
        headers=(("User-Agent", "curl"), ("X-Two", "1"), ("x-two", "2"), ("Content-Type", "application/json")),
        body=b"{}",
        peer="10.0.0.9",
        received=1795251600.5,
    )

    assert (result["version"], result["routeKey"], result["rawPath"]) == ("2.0", "POST /tasks", "/tasks")
    assert result["rawQueryString"] == "a=1&a=2&b=x%20y&empty="
    assert result["queryStringParameters"] == {"a": "1,2", "b": "x y", "empty": ""}
    assert result["headers"]["x-two"] == "1,2"
    assert (result["body"], result["isBase64Encoded"]) == ("{}", False)
    context = result["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/tasks",
        "protocol": "HTTP/1.1",
        "sourceIp": "10.0.0.9",
        "userAgent": "curl",
    }
    assert (context["time"], context["timeEpoch"]) == ("21/Nov/2026:09:00:00 +0000", 1795251600500)
    assert (context["stage"], context["domainName"], context["domainPrefix"]) == ("$default", "localhost", "localhost")
    assert {"accountId", "apiId", "requestId", "routeKey"} <= context.keys()
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", result["headers"]["x-amzn-trace-id"])
    json.dumps(result)


def test_absent_values_are_omitted() -> None:
    assert not {"cookies", "queryStringParameters", "pathParameters", "body"} & event().keys()


def test_cookies_are_not_in_the_headers() -> None:
    result = event(headers=(("Cookie", "a=1; b=2"), ("cookie", "c=3")))

    assert result["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in result["headers"]


def test_a_client_cannot_choose_its_address_or_the_host() -> None:
    result = event(
        headers=(("Host", "evil.test"), ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https")),
        peer="10.0.0.9",
        authority="localhost:4000",
    )

    assert result["headers"]["host"] == "localhost:4000"
    assert result["headers"]["x-forwarded-for"] == "1.2.3.4, 10.0.0.9"
    assert (result["headers"]["x-forwarded-proto"], result["headers"]["x-forwarded-port"]) == ("http", "4000")
    assert result["requestContext"]["http"]["sourceIp"] == "10.0.0.9"


@pytest.mark.parametrize(
    ("kind", "body", "as_text"),
    [
        ("application/json; charset=utf-8", "häh".encode(), True),
        ("text/plain", b"x", True),
        ("application/json", b"\xff\xfe", False),
        ("application/octet-stream", b"x", False),
        ("application/x-www-form-urlencoded", b"a=1", False),
        ("", b"x", False),
    ],
)
def test_binary_bodies_are_base64_encoded(kind: str, body: Any, as_text: object) -> None:
    result = event(headers=(("content-type", kind),), body=body)

    assert result["isBase64Encoded"] is not as_text
    assert result["body"] == (body.decode() if as_text else base64.b64encode(body).decode())


def test_the_path_is_decoded_and_the_query_is_not() -> None:
    result = event(path="/tasks/a%20b", raw_query="q=a%20b")

    assert (result["rawPath"], result["rawQueryString"]) == ("/tasks/a b", "q=a%20b")


# -- Responses ------------------------------------------------------------------


def test_a_result_with_a_status_becomes_the_response() -> None:
    response = http_response(
        {
            "statusCode": "201",
            "headers": {"Content-Type": "image/png", "X-Count": 3, "Content-Length": "999"},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": base64.b64encode(b"\x89PNG").decode(),
            "isBase64Encoded": True,
        }
    )

    assert (response.status, response.body) == (201, b"\x89PNG")
    assert response.headers == (
        ("content-type", "image/png"),
        ("x-count", "3"),
        ("set-cookie", "a=1; Path=/"),
        ("set-cookie", "b=2"),
    )


@pytest.mark.parametrize(
    ("value", "body"), [({"ok": True}, b'{"ok": true}'), ("text", b"text"), ([1], b"[1]"), (None, b"null")]
)
def test_a_result_without_a_status_is_a_200_in_json(value: Any, body: Any) -> None:
    assert http_response(value) == Response(status=200, headers=(("content-type", "application/json"),), body=body)


def test_204_has_neither_body_nor_type() -> None:
    assert http_response({"statusCode": 204, "body": "x"}) == Response(status=204)


def fail() -> None:
    raise FunctionFailed


@pytest.mark.parametrize(
    "value",
    [
        {"statusCode": "many"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"x": "a\r\nset-cookie: stolen=1"}},
        {"statusCode": 200, "headers": {"a b": "x"}},
        {"statusCode": 200, "headers": [1]},
        {"statusCode": 200, "cookies": ["a\nb"]},
        {"not json": object()},
        {"statusCode": 200, "body": "x" * (gateway.RESPONSE_LIMIT + 1)},
    ],
)
def test_a_malformed_result_is_an_internal_error(value: Any) -> None:
    assert http_response(value) == gateway.FAILED
    assert json.loads(gateway.FAILED.body) == {"message": "Internal Server Error"}


def test_a_function_that_fails_is_an_internal_error() -> None:
    assert run_integration("F", fail) == gateway.FAILED


# -- CORS -----------------------------------------------------------------------


def preflight(origin: str) -> Response | None:
    headers = (("Origin", origin), ("Access-Control-Request-Method", "POST"))
    return Api(routes=(), cors=CORS).preflight(Request(method="OPTIONS", raw_path="/x", headers=headers))


def test_a_preflight_from_a_listed_origin_is_allowed() -> None:
    response = preflight(ORIGIN)

    assert response
    assert response.status == 204
    assert dict(response.headers) == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "600",
        "vary": "origin",
    }


@pytest.mark.parametrize("origin", ["https://evil.test", "https://app.test.evil.test", "null", "http://app.test"])
def test_a_preflight_from_another_origin_is_not_allowed(origin: str) -> None:
    assert preflight(origin) == Response(status=204, headers=(("vary", "origin"),))


def test_options_without_a_requested_method_is_not_a_preflight() -> None:
    request = Request(method="OPTIONS", raw_path="/x", headers=(("Origin", ORIGIN),))

    assert Api(routes=(), cors=CORS).preflight(request) is None


@pytest.mark.parametrize("status", [200, 404, 500])
def test_only_listed_origins_get_cors_headers(status: int) -> None:
    own = Response(status=status, headers=(("access-control-allow-origin", "*"), ("x-own", "1")))
    api = Api(routes=(), cors=CORS)

    listed = api.finalize(Request(method="GET", raw_path="/", headers=(("origin", ORIGIN),)), own)
    other = api.finalize(Request(method="GET", raw_path="/", headers=(("origin", "https://evil.test"),)), own)

    assert dict(listed.headers) == {
        "x-own": "1",
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "etag",
        "vary": "origin",
    }
    assert dict(other.headers) == {"x-own": "1", "vary": "origin"}
