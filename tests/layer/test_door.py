"""The door: whatever happens inside, the answer has one shape, the security headers and a correlation id."""

from typing import Any

import pytest

from tests.layer.conftest import Log
from tests.support.calls import Answer, Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.routes import API, PAGES
from tests.support.visits import signs_up

ROUTES = sorted(API)
AUTH = [route for route in ROUTES if "/api/auth/" in route and not route.endswith("/ok")]
HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cache-control": "no-store",
}
PATH = dict.fromkeys(("task_id", "user_id", "token", "session_id", "provider", "name"), "x")
ANY = {
    "json": {"email": "a@ex.com", "password": "x" * 9, "newPassword": "x" * 9, "token": "x"},
    "query": {"token": "x", "callbackURL": "/"},
    "bearer": "7130a49b-0f0d-43b8-bead-c318ac479dd9" + "x" * 65,
}


def ask(call: Api, route: str, **request: Any) -> Answer:
    """Call any route, its path filled in."""
    return call(route, **{name: value for name, value in PATH.items() if f"{{{name}}}" in route}, **request)


def assert_dressed(answer: Answer) -> None:
    """Every answer carries these."""
    assert HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["x-correlation-id"]
    assert not {"server", "x-powered-by", "access-control-allow-origin"} & set(answer.headers)


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_answers_dressed(call: Api, route: str) -> None:
    """S-76, S-77."""
    assert_dressed(ask(call, route))
    assert_dressed(ask(call, route, **ANY))


def test_every_kind_of_answer_is_dressed(call: Api, people: People, mailbox: Mailbox) -> None:
    ann = people.signed_in()
    signs_up(call, "bob@example.com")
    answers = {
        200: call("GET /api/auth/get-session", bearer=ann.token),
        302: call("GET /api/auth/verify-email", query={"token": mailbox.last.token}, headers={"accept": "text/html"}),
        400: signs_up(call, "x"),
        401: call("GET /api/tasks"),
        403: call("POST /api/auth/sign-out", cookies=["a=b"]),
        413: signs_up(call, "x" * 300_000),
        415: call("POST /api/auth/sign-up/email", body="{}"),
    }

    assert {status: answer.status for status, answer in answers.items()} == {status: status for status in answers}
    for answer in answers.values():
        assert_dressed(answer)


@pytest.mark.parametrize("route", sorted(API | PAGES))
def test_an_accident_tells_nothing_but_the_request_id(
    call: Api, log: Log, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """S-81."""

    def accident(*_: object, **__: object) -> None:
        message = "the table Users has no column named hunter2"
        raise LookupError(message)

    monkeypatch.setattr(layer("http.door"), "check_rate", accident)

    answer = ask(call, route, **ANY, headers={"x-correlation-id": "abc"})

    assert answer.status == 500
    assert answer.json == {
        "code": "INTERNAL_SERVER_ERROR",
        "message": "Something went wrong on our side. The request id helps us find it.",
        "requestId": "abc",
    }
    assert answer.cookies == []
    assert_dressed(answer)
    (trouble,) = [line for line in log.lines if line["level"] == "ERROR"]
    assert "LookupError" in trouble["exception"]
    assert trouble["correlation_id"] == "abc"


@pytest.mark.parametrize(
    "path", ["/api/auth/signin/", "//api/auth/signin", "/API/AUTH/SIGNIN", "/api/auth/%2e/signin", "/"]
)
def test_cve_2025_71399_another_spelling_of_a_path_is_not_found(call: Api, path: str) -> None:
    """S-19: should API Gateway ever send one on."""
    event = layer_event(path, "POST")

    answer = call.invoke("SignIn", event)

    assert answer["statusCode"] == 404
    assert call.calls == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "TRACE", "BREW"])
def test_another_method_changes_nothing(call: Api, method: str) -> None:
    """S-74."""
    answer = call.invoke("SignUp", layer_event("/api/auth/sign-up/email", method))

    assert answer["statusCode"] in {404, 405}
    assert call.calls == []


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_nothing_documents_itself_to_strangers(call: Api, path: str) -> None:
    """S-83."""
    assert call.invoke("SignUp", layer_event(path, "GET"))["statusCode"] == 404


def layer_event(path: str, method: str) -> dict[str, Any]:
    """An event that API Gateway would not send."""
    from tests.support.events import event_for  # noqa: PLC0415 -- used here alone

    return event_for(f"{method} {path}", json=ANY["json"])


def test_cve_2025_71401_a_hostile_first_request_spoils_nothing(call: Api) -> None:
    """The service's own URL is never learnt from a request."""
    call("POST /api/auth/sign-out", headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    origin = {"origin": "https://evil.example"}
    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers=origin).code == "INVALID_ORIGIN"
    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers={"origin": "https://api.example.com"}).status == 200
