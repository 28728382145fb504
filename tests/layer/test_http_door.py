"""The door: whatever happens inside, the answer has one shape, the security headers and a correlation id."""

from typing import Any

import pytest

from tests.layer.conftest import Log
from tests.layer.every_route import ask, each
from tests.support.auth_calls import sign_up
from tests.support.calls import Answer, Api
from tests.support.events import event_for
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
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
ANY: dict[str, Any] = {
    "json": {"email": "a@ex.com", "password": "x" * 9, "newPassword": "x" * 9, "token": "x"},
    "query": {"token": "x", "callbackURL": "/"},
    "bearer": "7130a49b-0f0d-43b8-bead-c318ac479dd9" + "x" * 65,
}


def assert_dressed(answer: Answer) -> None:
    """Every answer carries these."""
    assert HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["x-correlation-id"]
    assert not {"server", "x-powered-by", "access-control-allow-origin"} & set(answer.headers)


@each(sorted(API))
def test_every_route_answers_dressed(call: Api, route: str) -> None:
    """S-76, S-77."""
    assert_dressed(ask(call, route))
    assert_dressed(ask(call, route, **ANY))


def test_every_kind_of_answer_is_dressed(call: Api, people: People, mailbox: Mailbox) -> None:
    ann = people.signed_in()
    sign_up(call, "bob@example.com")
    answers = {
        200: call("GET /api/auth/get-session", bearer=ann.token),
        302: call("GET /api/auth/verify-email", query={"token": mailbox.last.token}, headers={"accept": "text/html"}),
        400: sign_up(call, "x"),
        401: call("GET /api/tasks"),
        403: call("POST /api/auth/sign-out", cookies=["a=b"]),
        413: sign_up(call, "x" * 300_000),
        415: call("POST /api/auth/sign-up/email", body="{}"),
    }

    assert {status: answer.status for status, answer in answers.items()} == {status: status for status in answers}
    for answer in answers.values():
        assert_dressed(answer)


@each(sorted(API | PAGES))
def test_an_accident_tells_nothing_but_the_request_id(
    call: Api, log: Log, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """S-81."""

    def accident(*_: object, **__: object) -> None:
        message = "the table Users has no column named hunter2"
        raise LookupError(message)

    monkeypatch.setattr(layer("http.middleware").RequestMiddleware, "_handle", accident)

    answer = ask(call, route, **ANY, headers={"x-correlation-id": "abc"})

    assert answer.status == 500
    assert answer.json == {
        "code": "INTERNAL_SERVER_ERROR",
        "message": "Internal error. The request id identifies it in the log.",
        "requestId": "abc",
    }
    assert answer.cookies == []
    assert_dressed(answer)
    (trouble,) = [line for line in log.lines if line["level"] == "ERROR"]
    assert "LookupError" in trouble["exception"]
    assert trouble["correlation_id"] == "abc"


@pytest.mark.parametrize(
    ("function", "asked", "statuses"),
    [
        *(("SignIn", f"POST {path}", {404}) for path in ("/api/auth/signin/", "//api/auth/signin", "/API/AUTH/SIGNIN")),
        *(("SignIn", f"POST {path}", {404}) for path in ("/api/auth/%2e/signin", "/")),
        *(("SignUp", f"GET {path}", {404}) for path in ("/docs", "/redoc", "/openapi.json")),
        *(("SignUp", f"{method} /api/auth/sign-up/email", {404, 405}) for method in ("GET", "HEAD", "PUT", "DELETE")),
        *(("SignUp", f"{method} /api/auth/sign-up/email", {404, 405}) for method in ("TRACE", "BREW")),
    ],
)
def test_cve_2025_71399_what_is_no_route_is_not_found(call: Api, function: str, asked: str, statuses: set[int]) -> None:
    """S-19, S-74, S-83: other spellings and methods, should API Gateway ever send one on; nothing documents itself."""
    answer = call.invoke(function, event_for(asked, json=ANY["json"]))

    assert answer["statusCode"] in statuses
    assert call.calls == []


def test_cve_2025_71401_a_hostile_first_request_spoils_nothing(call: Api) -> None:
    """The service's own URL is never learnt from a request."""
    call("POST /api/auth/sign-out", headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    origin = {"origin": "https://evil.example"}
    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers=origin).code == "INVALID_ORIGIN"
    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers={"origin": "https://api.example.com"}).status == 200
