"""`check="session"`: requests to the service, its responses, and outages."""

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
from tests.sdk.signing import SESSION, USER, Signer
from tests.support.scripted_service import Behaviour, ScriptedService, close, hang, respond_with, send

App = Callable[[Gatehouse], TestClient]
ANN = json.dumps(SESSION)
BROWSER = {"cookie": "a=1; better-auth.session_token=x.y%3D; better-auth.session_data=kept; b=2"}


@pytest.fixture
def app(scripted_service: ScriptedService, client_for: App) -> TestClient:
    """An app with a long timeout."""
    return client_for(Gatehouse(scripted_service.url, timeout=60))


# -- Requests ---------------------------------------------------------------------------


def test_only_the_token_is_forwarded(app: TestClient, scripted_service: ScriptedService) -> None:
    scripted_service.behaviours = [respond_with(ANN)]

    headers = BROWSER | bearer("abc") | {"x-api-key": "mine", "x-forwarded-for": "10.0.0.1", "origin": "https://a.b"}
    assert app.get("/me", headers=headers).status_code == 200

    assert scripted_service.requests[0].start == "GET /api/auth/get-session HTTP/1.1"
    assert scripted_service.requests[-1].headers.get("authorization") == "Bearer abc"
    names = {name.lower() for name in scripted_service.requests[0].headers}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization"}


@pytest.mark.parametrize("name", ["better-auth.session_token", "__Secure-better-auth.session_token"])
def test_only_the_session_cookie_is_forwarded(app: TestClient, scripted_service: ScriptedService, name: str) -> None:
    """The session is not renewed, because the browser would not receive its new cookie."""
    scripted_service.behaviours = [respond_with(ANN)]
    browser = {"cookie": f"a=1; {name}=x.y%2B%3D; better-auth.session_data=kept; {name}x=3"}

    assert app.get("/me", headers=browser).status_code == 200

    assert scripted_service.requests[0].start == "GET /api/auth/get-session?disableRefresh=true HTTP/1.1"
    assert scripted_service.requests[-1].headers.get("cookie") == f"{name}=x.y%2B%3D"
    assert scripted_service.requests[-1].headers.get("authorization") is None


@pytest.mark.parametrize("name", ["better-auth.session_token", "__Secure-better-auth.session_token"])
def test_of_several_session_cookies_gatehouse_chooses(
    app: TestClient, scripted_service: ScriptedService, name: str
) -> None:
    """It can check their signatures; a malformed one from another host does not hide the session."""
    scripted_service.behaviours = [respond_with(ANN)]

    sent = f'{name}=toss ed; {name}=first; {name}=x.y%3D; {name}="x.y%3D"; {name}=; {name}={"a" * 4097}; {name}=x.y%3D'
    assert app.get("/me", headers={"cookie": sent}).status_code == 200

    assert scripted_service.requests[-1].headers.get("cookie") == f'{name}=first; {name}=x.y%3D; {name}="x.y%3D"'


def test_more_session_cookies_than_a_browser_comes_by_are_refused(
    app: TestClient, scripted_service: ScriptedService
) -> None:
    sent = "; ".join(f"better-auth.session_token={number}" for number in range(9))

    response = app.get("/maybe", headers={"cookie": sent})

    assert (response.status_code, response.json()["code"]) == (401, "INVALID_TOKEN")
    assert scripted_service.requests == []


def test_cookies_of_responses_are_not_stored(app: TestClient, scripted_service: ScriptedService) -> None:
    """Otherwise they would be sent with another caller's request."""
    scripted_service.behaviours = [respond_with(ANN, set_cookie="better-auth.session_token=of-ann; Path=/")]

    for headers in (bearer("ann"), bearer("bob")):
        assert app.get("/me", headers=headers).status_code == 200
        assert scripted_service.requests[-1].headers.get("cookie") is None


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
def test_a_malformed_credential_is_refused_without_a_request(
    app: TestClient, scripted_service: ScriptedService, headers: list[tuple[bytes, bytes]]
) -> None:
    response = app.get("/maybe", headers=httpx2.Headers(headers))

    assert (response.status_code, response.json()["code"]) == (401, "INVALID_TOKEN")
    assert scripted_service.requests == []


def test_connections_are_reused_and_may_be_closed(scripted_service: ScriptedService) -> None:
    """An event loop has one client; after `aclose` connections open again."""
    scripted_service.behaviours = [respond_with(ANN)]
    gatehouse = Gatehouse(scripted_service.url)
    transport = httpx2.ASGITransport(app_with(gatehouse))

    async def requests() -> list[int]:
        async with httpx2.AsyncClient(transport=transport, base_url="http://app", headers=bearer("abc")) as client:
            opened = []
            for _ in range(3):
                assert (await client.get("/me")).status_code == 200
                opened.append(scripted_service.connections)
            async with gatehouse:
                pass
            assert (await client.get("/me")).status_code == 200
            await gatehouse.aclose()
            return [*opened, scripted_service.connections]

    assert asyncio.run(requests()) == [1, 1, 1, 2]


def test_a_reused_connection_that_was_closed_is_retried(app: TestClient, scripted_service: ScriptedService) -> None:
    scripted_service.behaviours = [respond_with(ANN), close, respond_with(ANN)]

    assert [app.get("/me", headers=bearer("abc")).status_code for _ in range(2)] == [200, 200]
    assert len(scripted_service.requests) == 3


# -- Responses ----------------------------------------------------------------------------


def drip(connection: socket.socket, _: object) -> None:
    """Send a response byte by byte, faster than any read timeout, for fifteen minutes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n")
    for _ in range(9000):
        connection.sendall(b" ")
        time.sleep(0.1)


def changed(**parts: Any) -> str:
    """Return a session response with other parts."""
    return json.dumps(SESSION | parts)


FAILURES: dict[str, Behaviour] = {
    "500": respond_with("null", 500),
    "502": respond_with("<html>", 502),
    "401": respond_with(ANN, 401),
    "403": respond_with(ANN, 403),
    "404": respond_with('{"message":"Not Found"}', 404),
    "204": respond_with("", 204),
    "a redirect": respond_with("", 302, location="/elsewhere"),
    "empty": respond_with(""),
    "HTML": respond_with("<html>"),
    "a list": respond_with("[]"),
    "an empty object": respond_with("{}"),
    "null user and session": respond_with('{"user": null, "session": null}'),
    "a session without a user": respond_with(changed(user=None)),
    "a user without a session": respond_with(changed(session=None)),
    "a user without an id": respond_with(changed(user=USER | {"id": ""})),
    "deep JSON": respond_with("[" * 50_000),
    "too large": respond_with(" " * 70_000 + ANN),
    "not UTF-8": respond_with(b"\xff\xfe"),
    "no HTTP": send(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "closed": close,
    "cut short": send(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nnull", then=close),
    "false compression": respond_with("null", content_encoding="gzip"),
    "no response": hang,
    "byte by byte": drip,
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_neither_anonymous_nor_an_error_of_the_app(
    scripted_service: ScriptedService, client_for: App, failure: str
) -> None:
    """The timeout is for the whole response."""
    scripted_service.behaviours = [FAILURES[failure]]
    app = client_for(Gatehouse(scripted_service.url, timeout=0.5))

    for path, headers in (("/me", bearer("abc")), ("/maybe", BROWSER)):
        response = app.get(path, headers=headers)
        assert (response.status_code, response.json()["code"]) == (503, "AUTH_UNAVAILABLE"), response.text
        assert set(response.json()) == {"code", "message", "requestId"}
        assert response.headers["retry-after"] == "5"
    assert app.get("/maybe").json() is None


def test_an_unreachable_service_is_an_outage(scripted_service: ScriptedService, client_for: App) -> None:
    scripted_service.close()
    checks: list[Check] = ["session", "token"]

    for check in checks:
        app = client_for(Gatehouse(scripted_service.url, check=check))
        token = Signer("key-1", scripted_service.url).token()
        assert app.get("/maybe", headers=bearer(token)).status_code == 503


def test_the_default_timeout_is_five_seconds() -> None:
    assert Gatehouse("https://api.example.com")._check._service._timeout == 5.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "5"),
        ({"retry_after": "7"}, "7"),
        ({"x_retry_after": "8"}, "8"),
        ({"retry_after": "99999"}, "5"),
        ({"retry_after": "9" * 5000}, "5"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_throttled_app_says_when_to_retry(
    app: TestClient, scripted_service: ScriptedService, given: dict[str, str], expected: str
) -> None:
    """The app is throttled, not its caller: 503, not 429."""
    scripted_service.behaviours = [respond_with('{"message":"Too Many Requests"}', 429, **given)]

    response = app.get("/me", headers=bearer("abc"))

    assert (response.status_code, response.headers["retry-after"]) == (503, expected)


def test_a_null_session_is_an_invalid_token(app: TestClient, scripted_service: ScriptedService) -> None:
    scripted_service.behaviours = [respond_with("null")]

    assert app.get("/maybe", headers=bearer("abc")).json()["code"] == "INVALID_TOKEN"


def test_the_log_has_the_cause_and_no_secret(
    app: TestClient, scripted_service: ScriptedService, caplog: pytest.LogCaptureFixture
) -> None:
    scripted_service.behaviours = [respond_with("", 418)]

    with caplog.at_level(logging.DEBUG):
        response = app.get("/me", headers=bearer("geheim") | {"x-request-id": "r-1"})

    (line,) = [record for record in caplog.records if record.name == "gatehouse_fastapi"]
    assert (line.levelname, vars(line)["cause"], vars(line)["request_id"]) == ("WARNING", "status 418", "r-1")
    assert response.json()["requestId"] == "r-1"
    assert "geheim" not in caplog.text + response.text


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
def test_invalid_settings_are_refused(settings: dict[str, Any]) -> None:
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
def test_a_wildcard_matches_subdomains_only(
    scripted_service: ScriptedService, client_for: App, origin: str, status: int
) -> None:
    scripted_service.behaviours = [respond_with(ANN)]
    trusted = ["https://*.example.com", "https://app.test:443", "http://localhost:5173"]
    app = client_for(Gatehouse(scripted_service.url, trusted_origins=trusted))

    assert app.post("/notes", headers=BROWSER | {"origin": origin}).status_code == status


def test_an_app_may_handle_refusals_itself(scripted_service: ScriptedService) -> None:
    app = app_with(Gatehouse(scripted_service.url))

    @app.exception_handler(Refusal)
    async def own(_: Request, refusal: Refusal) -> PlainTextResponse:
        return PlainTextResponse(refusal.code, refusal.status, refusal.headers)

    response = TestClient(app).get("/me", headers=bearer("abc"))

    assert (response.status_code, response.text) == (401, "INVALID_TOKEN")
    assert "invalid_token" in response.headers["www-authenticate"]


def test_without_install_a_refusal_is_an_http_exception_of_fastapi(scripted_service: ScriptedService) -> None:
    """For example in an app with two instances."""
    app, staff = FastAPI(), Gatehouse(scripted_service.url)

    @app.get("/staff")
    async def staff_only(request: Request) -> bool:
        return await staff.user(request) is not None

    response = TestClient(app).get("/staff", headers=bearer("abc"))

    assert (response.status_code, response.json()["detail"]["code"]) == (401, "INVALID_TOKEN")
    assert TestClient(app).get("/staff").json() is False
