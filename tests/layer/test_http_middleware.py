"""The request middleware: every response has the security headers and a correlation id, errors one form."""

from typing import Any

import pytest

from tests.layer.conftest import Log
from tests.layer.every_route import each, send_request
from tests.support.auth_calls import sign_up
from tests.support.calls import Api, Response
from tests.support.events import event_for
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.passkeys import RELATED
from tests.support.people import People
from tests.support.routes import API, PAGES

HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cache-control": "no-store",
}
ANY_INPUT: dict[str, Any] = {
    "json": {"email": "a@ex.com", "password": "correct horse", "newPassword": "correct horse", "token": "x"},
    "query": {"token": "x", "callbackURL": "/"},
    "bearer": "7130a49b-0f0d-43b8-bead-c318ac479dd9" + "x" * 65,
}


def assert_standard_headers(response: Response) -> None:
    """Assert that a response has the headers that all have, and no others."""
    assert HEADERS.items() <= dict(response.headers).items()
    assert response.headers["x-correlation-id"]
    assert not {"server", "x-powered-by", "access-control-allow-origin"} & set(response.headers)


@each(sorted(API - {RELATED}))  # which may be cached
def test_every_route_sends_the_standard_headers(call: Api, route: str) -> None:
    """S-76, S-77."""
    assert_standard_headers(send_request(call, route))
    assert_standard_headers(send_request(call, route, **ANY_INPUT))


def test_every_status_has_the_standard_headers(call: Api, people: People, mailbox: Mailbox) -> None:
    ann = people.signed_in()
    sign_up(call, "bob@example.com")
    responses = {
        200: call("GET /api/auth/get-session", bearer=ann.token),
        302: call("GET /api/auth/verify-email", query={"token": mailbox.last.token}, headers={"accept": "text/html"}),
        400: sign_up(call, "x"),
        401: call("GET /api/tasks"),
        403: call("POST /api/auth/sign-out", cookies=["a=b"]),
        413: sign_up(call, "x" * 300_000),
        415: call("POST /api/auth/sign-up/email", body="{}"),
    }

    assert {status: response.status for status, response in responses.items()} == {
        status: status for status in responses
    }
    for response in responses.values():
        assert_standard_headers(response)


@each(sorted(API | PAGES))
def test_an_unexpected_exception_reveals_only_the_request_id(
    call: Api, log: Log, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """S-81."""

    def raise_lookup_error(*_: object, **__: object) -> None:
        message = "the table Users has no column named hunter2"
        raise LookupError(message)

    monkeypatch.setattr(layer("http.middleware").RequestMiddleware, "_handle", raise_lookup_error)

    response = send_request(call, route, **ANY_INPUT, headers={"x-correlation-id": "abc"})

    assert response.status == 500
    assert response.json == {
        "code": "INTERNAL_SERVER_ERROR",
        "message": "Internal error. The request id identifies it in the log.",
        "requestId": "abc",
    }
    assert response.cookies == []
    assert_standard_headers(response)
    (line_of_error,) = [line for line in log.lines if line["level"] == "ERROR"]
    assert "LookupError" in line_of_error["exception"]
    assert line_of_error["correlation_id"] == "abc"


@pytest.mark.parametrize(
    ("function", "route", "statuses"),
    [
        *(("SignIn", f"POST {path}", {404}) for path in ("/api/auth/signin/", "//api/auth/signin", "/API/AUTH/SIGNIN")),
        *(("SignIn", f"POST {path}", {404}) for path in ("/api/auth/%2e/signin", "/")),
        *(("SignUp", f"GET {path}", {404}) for path in ("/docs", "/redoc", "/openapi.json")),
        *(("SignUp", f"{method} /api/auth/sign-up/email", {404, 405}) for method in ("GET", "HEAD", "PUT", "DELETE")),
        *(("SignUp", f"{method} /api/auth/sign-up/email", {404, 405}) for method in ("TRACE", "BREW")),
    ],
)
def test_cve_2025_71399_unknown_paths_and_methods_are_not_found(
    call: Api, function: str, route: str, statuses: set[int]
) -> None:
    """S-19, S-74, S-83: other spellings, methods that API Gateway might pass on, and FastAPI's own documentation."""
    response = call.invoke(function, event_for(route, json=ANY_INPUT["json"]))

    assert response["statusCode"] in statuses
    assert call.aws_operations == []


def test_cve_2025_71401_headers_of_a_first_request_do_not_set_the_base_url(call: Api) -> None:
    """The base URL is never taken from a request's headers."""
    call("POST /api/auth/sign-out", headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    origin = {"origin": "https://evil.example"}
    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers=origin).code == "INVALID_ORIGIN"
    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers={"origin": "https://api.example.com"}).status == 200
