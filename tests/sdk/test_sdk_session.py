"""Sessions asked over HTTP: what goes out, what may come back, and what a service in trouble does to an app."""

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient

from gatehouse_fastapi import Check, Gatehouse, Refusal
from tests.sdk.apps import app_with
from tests.sdk.callers import bearer
from tests.sdk.scripted_service import Behaviour, ScriptedService, response
from tests.sdk.signing import SESSION, USER, Signer

App = Callable[[Gatehouse], TestClient]
ANN = json.dumps(SESSION)
BROWSER = {"cookie": "a=1; better-auth.session_token=x.y%3D; better-auth.session_data=kept; b=2"}


@pytest.fixture
def app(scripted_service: ScriptedService, client_for: App) -> TestClient:
    """An app that asks, and is patient."""
    return client_for(Gatehouse(scripted_service.url, timeout=60))


# -- What goes out ----------------------------------------------------------------------


def test_a_token_goes_out_alone(app: TestClient, scripted_service: ScriptedService) -> None:
    scripted_service.answers = response(ANN)

    headers = BROWSER | bearer("abc") | {"x-api-key": "mine", "x-forwarded-for": "10.0.0.1", "origin": "https://a.b"}
    assert app.get("/me", headers=headers).status_code == 200

    assert scripted_service.asked[0].startswith("GET /api/auth/get-session HTTP/1.1\r\n")
    assert scripted_service.header("authorization") == "Bearer abc"
    names = {line.partition(":")[0].lower() for line in scripted_service.asked[0].splitlines()[1:] if line}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization"}


@pytest.mark.parametrize("name", ["better-auth.session_token", "__Secure-better-auth.session_token"])
def test_of_the_cookies_only_the_sessions_goes_out(
    app: TestClient, scripted_service: ScriptedService, name: str
) -> None:
    """The session is not renewed: the browser would not see its new cookie."""
    scripted_service.answers = response(ANN)
    browser = {"cookie": f"a=1; {name}=x.y%2B%3D; better-auth.session_data=kept; {name}=second; {name}x=3"}

    assert app.get("/me", headers=browser).status_code == 200

    assert scripted_service.asked[0].startswith("GET /api/auth/get-session?disableRefresh=true HTTP/1.1\r\n")
    assert scripted_service.header("cookie") == f"{name}=x.y%2B%3D"
    assert scripted_service.header("authorization") is None


def test_nobodys_cookie_goes_out_with_anothers_request(app: TestClient, scripted_service: ScriptedService) -> None:
    """Gatehouse sets cookies in its answers; they are not ours to keep."""
    scripted_service.answers = response(ANN, set_cookie="better-auth.session_token=of-ann; Path=/")

    for headers in (bearer("ann"), bearer("bob")):
        assert app.get("/me", headers=headers).status_code == 200
        assert scripted_service.header("cookie") is None


@pytest.mark.parametrize(
    "headers",
    [
        [(b"authorization", b"Bearer a\xe9")],
        [(b"authorization", b"Bearer " + b"a" * 8193)],
        [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")],
        [(b"authorization", b"Basic a"), (b"authorization", b"Bearer b")],
        [(b"cookie", b"better-auth.session_token=a\xe9")],
        [(b"cookie", b"better-auth.session_token=a b")],
        [(b"cookie", b"better-auth.session_token=" + b"a" * 4097)],
    ],
    ids=str,
)
def test_what_cannot_be_a_token_is_not_asked_about(
    app: TestClient, scripted_service: ScriptedService, headers: list[tuple[bytes, bytes]]
) -> None:
    answer = app.get("/maybe", headers=httpx2.Headers(headers))

    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
    assert scripted_service.asked == []


def test_connections_are_kept_and_may_be_closed(scripted_service: ScriptedService) -> None:
    """In one event loop by one client; what was closed opens anew."""
    scripted_service.answers = response(ANN)
    gatehouse = Gatehouse(scripted_service.url)
    transport = httpx2.ASGITransport(app_with(gatehouse))

    async def asks() -> list[int]:
        async with httpx2.AsyncClient(transport=transport, base_url="http://app", headers=bearer("abc")) as client:
            opened = []
            for _ in range(3):
                assert (await client.get("/me")).status_code == 200
                opened.append(scripted_service.opened)
            async with gatehouse:
                pass
            assert (await client.get("/me")).status_code == 200
            await gatehouse.aclose()
            return [*opened, scripted_service.opened]

    assert asyncio.run(asks()) == [1, 1, 1, 2]


def test_a_kept_connection_that_was_closed_meanwhile_is_no_outage(
    app: TestClient, scripted_service: ScriptedService
) -> None:
    def once(connection: socket.socket) -> None:
        if len(scripted_service.asked) == 2:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            response(ANN)(connection)

    scripted_service.answers = once

    assert [app.get("/me", headers=bearer("abc")).status_code for _ in range(2)] == [200, 200]
    assert len(scripted_service.asked) == 3


# -- What comes back ----------------------------------------------------------------------


def drip(connection: socket.socket) -> None:
    """An answer of which a little comes, and comes, each time before anybody's patience ends; for fifteen minutes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n")
    for _ in range(9000):
        connection.sendall(b" ")
        time.sleep(0.1)


def cut_short(connection: socket.socket) -> None:
    """An answer that ends before it said that it would."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nnull")
    connection.shutdown(socket.SHUT_RDWR)


def changed(**parts: Any) -> str:
    """An answer with other parts."""
    return json.dumps(SESSION | parts)


TROUBLE: dict[str, Behaviour] = {
    "500": response("null", 500),
    "502": response("<html>", 502),
    "401": response(ANN, 401),
    "403": response(ANN, 403),
    "404": response('{"message":"Not Found"}', 404),
    "204": response("", 204),
    "a redirect": response("", 302, location="/elsewhere"),
    "nothing": response(""),
    "a page": response("<html>"),
    "a list": response("[]"),
    "an empty object": response("{}"),
    "nobody": response('{"user": null, "session": null}'),
    "a session without a user": response(changed(user=None)),
    "a user without a session": response(changed(session=None)),
    "a user without an id": response(changed(user=USER | {"id": ""})),
    "deep": response("[" * 50_000),
    "too much": response(" " * 70_000 + ANN),
    "bytes": response(b"\xff\xfe"),
    "no HTTP": lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "cut off": lambda connection: connection.shutdown(socket.SHUT_RDWR),
    "cut short": cut_short,
    "false compression": response("null", content_encoding="gzip"),
    "silence": lambda connection: connection.recv(1),  # until the app hangs up
    "a drip": drip,
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_is_never_anonymous_and_never_ours(
    scripted_service: ScriptedService, client_for: App, trouble: str
) -> None:
    """An app whose patience never ended would wait here for ever."""
    scripted_service.answers = TROUBLE[trouble]
    app = client_for(Gatehouse(scripted_service.url, timeout=0.5))

    for path, headers in (("/me", bearer("abc")), ("/maybe", BROWSER)):
        answer = app.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "AUTH_UNAVAILABLE"), answer.text
        assert set(answer.json()) == {"code", "message", "requestId"}
        assert answer.headers["retry-after"] == "5"
    assert app.get("/maybe").json() is None


def test_nobody_there_is_an_outage(scripted_service: ScriptedService, client_for: App) -> None:
    scripted_service.goes()
    checks: list[Check] = ["session", "token"]

    for check in checks:
        app = client_for(Gatehouse(scripted_service.url, check=check))
        token = Signer("key-1", scripted_service.url).token()
        assert app.get("/maybe", headers=bearer(token)).status_code == 503


def test_five_seconds_are_the_limit() -> None:
    assert Gatehouse("https://api.example.com")._check._service._timeout == 5.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "5"),
        ({"retry_after": "7"}, "7"),
        ({"x_retry_after": "8"}, "8"),
        ({"retry_after": "99999"}, "5"),
        ({"retry_after": "9" * 5000}, "5"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_throttled_app_says_when_to_come_back(
    app: TestClient, scripted_service: ScriptedService, given: dict[str, str], told: str
) -> None:
    """It is the app that asks too often, not its caller: 503, not 429."""
    scripted_service.answers = response('{"message":"Too Many Requests"}', 429, **given)

    answer = app.get("/me", headers=bearer("abc"))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, told)


def test_null_is_nobodys(app: TestClient, scripted_service: ScriptedService) -> None:
    scripted_service.answers = response("null")

    assert app.get("/maybe", headers=bearer("abc")).json()["code"] == "INVALID_TOKEN"


def test_the_log_says_what_is_wrong_and_no_secret(
    app: TestClient, scripted_service: ScriptedService, caplog: pytest.LogCaptureFixture
) -> None:
    scripted_service.answers = response("", 418)

    with caplog.at_level(logging.DEBUG):
        answer = app.get("/me", headers=bearer("geheim") | {"x-request-id": "r-1"})

    (line,) = [record for record in caplog.records if record.name == "gatehouse_fastapi"]
    assert (line.levelname, vars(line)["cause"], vars(line)["request_id"]) == ("WARNING", "status 418", "r-1")
    assert answer.json()["requestId"] == "r-1"
    assert "geheim" not in caplog.text + answer.text


# -- Settings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "api.example.com"},
        {"base_url": "ftp://api.example.com"},
        {"base_url": "https://"},
        {"base_url": "https://api.example.com/api/auth"},
        {"base_url": "https://api.example.com/?a=b"},
        {"base_url": "https://ann:secret@api.example.com"},
        {"check": "both"},
        {"issuer": "api.example.com"},
        {"trusted_origins": ["https://app.example.com/"]},
        {"trusted_origins": ["app.example.com"]},
        {"trusted_origins": ["*"]},
        {"trusted_origins": ["https://*"]},
        {"trusted_origins": "https://app.example.com"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|too much|no URL|no origin"):
        Gatehouse(**{"base_url": "https://api.example.com"} | settings)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://a.example.com", 200),
        ("https://a.b.example.com", 200),
        ("HTTPS://A.example.com", 200),
        ("https://example.com", 403),
        ("http://a.example.com", 403),
        ("https://a.example.com:8443", 403),
        ("https://example.com.evil.test", 403),
        ("https://evil.test/.example.com", 403),
        ("https://evil.test#.example.com", 403),
        ("https://a@evil.test", 403),
        ("https://aXexample.com", 403),
        ("https://app.test", 200),
        ("https://app.test.evil.example", 403),
        ("http://localhost:5173", 200),
        ("http://localhost:51730", 403),
    ],
)
def test_a_wildcard_is_for_hosts_below(
    scripted_service: ScriptedService, client_for: App, origin: str, status: int
) -> None:
    scripted_service.answers = response(ANN)
    trusted = ["https://*.example.com", "https://app.test:443", "http://localhost:5173"]
    app = client_for(Gatehouse(scripted_service.url, trusted_origins=trusted))

    assert app.post("/notes", headers=BROWSER | {"origin": origin}).status_code == status


def test_an_app_may_answer_in_a_form_of_its_own(scripted_service: ScriptedService) -> None:
    app = app_with(Gatehouse(scripted_service.url))

    @app.exception_handler(Refusal)
    async def own(_: Request, refusal: Refusal) -> PlainTextResponse:
        return PlainTextResponse(refusal.code, refusal.status, refusal.headers)

    answer = TestClient(app).get("/me", headers=bearer("abc"))

    assert (answer.status_code, answer.text) == (401, "INVALID_TOKEN")
    assert "invalid_token" in answer.headers["www-authenticate"]


def test_who_asks_a_gatehouse_that_is_not_installed_answers_in_fastapis_form(scripted_service: ScriptedService) -> None:
    """Such as an app that has two of them."""
    app, staff = FastAPI(), Gatehouse(scripted_service.url)

    @app.get("/staff")
    async def staff_only(request: Request) -> bool:
        return await staff.user(request) is not None

    answer = TestClient(app).get("/staff", headers=bearer("abc"))

    assert (answer.status_code, answer.json()["detail"]["code"]) == (401, "INVALID_TOKEN")
    assert TestClient(app).get("/staff").json() is False
