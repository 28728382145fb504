"""Apps with the SDK and the product itself: which credentials are accepted, and until when."""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jwt import api_jwt, get_unverified_header
from starlette.testclient import WebSocketDenialResponse

from gatehouse_fastapi import Check, CurrentUser, Gatehouse, current_user, optional_user
from gatehouse_fastapi.testing import a_user
from tests.sdk.apps import app_with
from tests.sdk.callers import Caller, Deployment, bearer

pytestmark = pytest.mark.xdist_group("sdk")

App = Callable[[Gatehouse], TestClient]
README = Path(__file__).parents[2] / "sdk/python/README.md"
EITHER = {"GatehouseBearer", "GatehouseCookie"}
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
BOTH: list[Check] = ["session", "token"]


@pytest.mark.parametrize("check", BOTH)
def test_a_request_without_credentials_is_refused_in_the_services_format(
    deployment: Deployment, client_for: App, check: Check
) -> None:
    app = client_for(Gatehouse(deployment.url, check=check))

    ours, theirs = app.get("/me", headers={"x-correlation-id": "abc"}), deployment.client.get("/api/tasks")

    assert ours.status_code == theirs.status_code == 401
    assert ours.json() == theirs.json() | {"requestId": "abc"}
    assert ours.headers["www-authenticate"] == theirs.headers["www-authenticate"] == 'Bearer realm="gatehouse"'
    assert ours.headers["x-correlation-id"] == "abc"
    assert app.get("/open").status_code == 200
    assert app.get("/maybe").json() is None


@pytest.mark.parametrize("credential", ["by_token", "by_jwt", "by_cookie"])
def test_every_credential_is_accepted_with_check_session(
    deployment: Deployment, caller: Caller, client_for: App, credential: str
) -> None:
    app, headers = client_for(Gatehouse(deployment.url)), getattr(caller, credential)

    user = app.get("/me", headers=headers).json()

    session = deployment.client.get("/api/auth/get-session", headers=caller.by_token).json()
    assert {name: user[name] for name in ("id", "email", "name", "image")} == {
        name: session["user"][name] for name in ("id", "email", "name", "image")
    }
    assert (user["id"], user["email_verified"]) == (caller.id, False)
    assert user["session_id"] == session["session"]["id"]
    assert moment(user["session_expires_at"]) == moment(session["session"]["expiresAt"])
    assert moment(user["created_at"]) == moment(session["user"]["createdAt"])
    assert app.get("/in-a-thread", headers=headers).json() == caller.email
    assert app.get("/maybe", headers=headers).json() == caller.email


def test_another_hosts_cookie_neither_hides_the_session_nor_replaces_it(
    deployment: Deployment, caller: Caller, client_for: App
) -> None:
    app, other = client_for(Gatehouse(deployment.url)), deployment.sign_up("tosser@example.com")
    forged = "better-auth.session_token=" + "a" * 101 + "." + "A" * 43 + "%3D"

    for sent in (f"{forged}; {caller.cookie}", f"{caller.cookie}; {forged}"):
        assert app.get("/me", headers={"cookie": sent}).json()["id"] == caller.id
    for sent in (f"{other.cookie}; {caller.cookie}", f"{caller.cookie}; {other.cookie}"):
        assert app.get("/me", headers={"cookie": sent}).json()["code"] == "INVALID_TOKEN"


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_a_jwt_is_accepted_with_check_token_and_gives_the_same_user(
    deployment: Deployment, caller: Caller, client_for: App
) -> None:
    by_session = client_for(Gatehouse(deployment.url)).get("/me", headers=caller.by_jwt).json()
    app = client_for(Gatehouse(f"{deployment.url}/", check="token"))

    assert app.get("/me", headers=caller.by_jwt).json() == by_session | {"session_expires_at": None}
    assert app.get("/in-a-thread", headers=caller.by_jwt).json() == caller.email
    assert app.get("/maybe", headers=caller.by_jwt).json() == caller.email


def test_a_session_token_is_refused_with_check_token_by_a_code_of_its_own(
    deployment: Deployment, caller: Caller, client_for: App
) -> None:
    app = client_for(Gatehouse(deployment.url, check="token"))

    for path in ("/me", "/maybe"):
        response = app.get(path, headers=caller.by_token)
        assert (response.status_code, response.json()["code"]) == (401, "ACCESS_TOKEN_REQUIRED")
        assert "/api/auth/token" in response.json()["message"]
    assert app.get("/me", headers=caller.by_cookie).json()["code"] == "MISSING_TOKEN"
    assert app.get("/maybe", headers=caller.by_cookie).json() is None


@pytest.mark.parametrize("path", ["/me", "/maybe"])
@pytest.mark.parametrize("check", BOTH)
def test_an_invalid_token_is_never_anonymous(deployment: Deployment, client_for: App, check: Check, path: str) -> None:
    app = client_for(Gatehouse(deployment.url, check=check))

    for token in ("", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x y"):
        response = app.get(path, headers=bearer(token))
        assert (response.status_code, response.json()["code"]) == (401, "INVALID_TOKEN"), token
        assert response.headers["www-authenticate"] == 'Bearer realm="gatehouse", error="invalid_token"'


def test_other_schemes_are_ignored_and_a_bearer_token_overrides_a_cookie(
    deployment: Deployment, caller: Caller, client_for: App
) -> None:
    """An invalid token is refused although there is a valid cookie."""
    app = client_for(Gatehouse(deployment.url))
    basic = {"authorization": "Basic YTpi"}

    assert app.get("/maybe", headers=basic).json() is None
    assert app.get("/maybe", headers=caller.by_cookie | basic).json() == caller.email
    assert app.get("/maybe", headers={"authorization": f"BEARER  {caller.token}"}).json() == caller.email
    response = app.get("/me", headers=caller.by_cookie | bearer("bad"))
    assert (response.status_code, response.json()["code"]) == (401, "INVALID_TOKEN")


def test_a_sign_out_takes_effect_at_once_with_check_session_and_in_minutes_with_check_token(
    deployment: Deployment, caller: Caller, client_for: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    online, offline = client_for(Gatehouse(deployment.url)), client_for(Gatehouse(deployment.url, check="token"))
    assert online.get("/me", headers=caller.by_jwt).status_code == 200

    deployment.sign_out(caller)

    for headers in (caller.by_token, caller.by_jwt, caller.by_cookie):
        response = online.get("/me", headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "INVALID_TOKEN")
        assert online.get("/maybe", headers=headers).status_code == 401
    assert offline.get("/me", headers=caller.by_jwt).status_code == 200

    class Later(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.now(tz) + dt.timedelta(minutes=15, seconds=11)

    monkeypatch.setattr(api_jwt, "datetime", Later)
    response = offline.get("/maybe", headers=caller.by_jwt)
    assert (response.status_code, response.json()["code"]) == (401, "TOKEN_EXPIRED")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_a_key_rotation_ends_no_jwt(
    deployment: Deployment, caller: Caller, client_for: App, advance_clock: Callable[[float], None]
) -> None:
    app = client_for(Gatehouse(deployment.url, check="token"))
    assert app.get("/me", headers=caller.by_jwt).status_code == 200

    deployment.rotate_key()
    advance_clock(30)

    rotated = bearer(deployment.jwt(caller.token))
    assert get_unverified_header(rotated["authorization"][7:])["kid"] != get_unverified_header(caller.jwt)["kid"]
    assert app.get("/me", headers=rotated).status_code == 200
    assert app.get("/me", headers=caller.by_jwt).status_code == 200


@pytest.mark.parametrize("path", ["/notes", "/comments"])
def test_a_state_changing_request_with_a_cookie_needs_a_trusted_origin(
    deployment: Deployment, caller: Caller, client_for: App, path: str
) -> None:
    app = client_for(Gatehouse(deployment.url, trusted_origins=["https://app.example.com"]))

    def code(**headers: str) -> object:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = app.post(path, headers=caller.by_cookie | named)
        return response.json()["code"] if response.status_code == 403 else response.json()

    assert code(origin="https://app.example.com") == caller.email
    assert code(sec_fetch_site="same-origin", origin="http://testserver") == caller.email
    assert code(referer="https://app.example.com/a?b=c") == caller.email
    assert code() == "MISSING_OR_NULL_ORIGIN"
    assert code(origin="null") == "MISSING_OR_NULL_ORIGIN"
    assert code(origin="https://evil.example") == "INVALID_ORIGIN"
    assert code(origin="https://evil.example", sec_fetch_site="same-site") == "INVALID_ORIGIN"
    assert code(origin="https://evil.example", referer="https://app.example.com/") == "INVALID_ORIGIN"
    assert {app.request(method, "/notes", headers=caller.by_cookie).status_code for method in CHANGING} == {403}
    assert app.post(path, headers=caller.by_token | {"origin": "https://evil.example"}).json() == caller.email
    assert app.get("/me", headers=caller.by_cookie | {"origin": "https://evil.example"}).status_code == 200


def test_a_websocket_needs_the_same_credentials(deployment: Deployment, caller: Caller, client_for: App) -> None:
    """Browsers authenticate it with cookies only, and let any site open one."""
    app = client_for(Gatehouse(deployment.url, trusted_origins=["https://app.example.com"]))
    trusted = {"origin": "https://app.example.com"}

    with app.websocket_connect("/live", headers=caller.by_cookie | trusted) as socket:
        assert socket.receive_text() == caller.email
    for headers, code in ((trusted, "MISSING_TOKEN"), (caller.by_cookie, "MISSING_OR_NULL_ORIGIN")):
        with pytest.raises(WebSocketDenialResponse) as denied, app.websocket_connect("/live", headers=headers):
            pass
        assert json.loads(denied.value.content)["code"] == code


def test_two_apps_in_one_process_use_their_own_settings(deployment: Deployment, caller: Caller) -> None:
    """One is mounted inside the other; neither needs a lifespan, or the same event loop twice."""
    outer, inner = app_with(Gatehouse(deployment.url)), app_with(Gatehouse(deployment.url, check="token"))
    outer.mount("/inner", inner)
    client = TestClient(outer)

    for _ in range(2):
        assert client.get("/me", headers=caller.by_token).status_code == 200
        assert client.get("/inner/me", headers=caller.by_jwt).status_code == 200
        assert client.get("/inner/me", headers=caller.by_token).json()["code"] == "ACCESS_TOKEN_REQUIRED"


def test_the_readmes_example_protects_a_route_in_less_than_ten_lines(deployment: Deployment, caller: Caller) -> None:
    (example,) = re.findall(r"```python example\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in example.splitlines() if line]) < 10
    named: dict[str, Any] = {}
    exec(example.replace("https://api.example.com", deployment.url), named)  # noqa: S102 -- our own page
    client = TestClient(named["app"])

    assert client.get("/notes").status_code == 401
    assert client.get("/notes", headers=caller.by_token).json() == [f"A note of {caller.email}"]
    assert client.get("/notes", headers=caller.by_cookie).status_code == 200


# -- Without a deployment -----------------------------------------------------------------


def test_an_app_can_be_tested_without_a_deployment() -> None:
    app = app_with(Gatehouse("https://api.example.com"))
    app.dependency_overrides[optional_user] = lambda: a_user(email="bob@example.com")
    client = TestClient(app)

    assert client.get("/me").json()["email"] == client.get("/maybe").json() == "bob@example.com"
    app.dependency_overrides[optional_user] = lambda: None
    assert client.get("/me").status_code == 401
    app.dependency_overrides = {current_user: lambda: a_user(email="eve@example.com")}
    assert client.get("/me").json()["email"] == "eve@example.com"


def test_an_app_without_gatehouse_fails_instead_of_admitting_callers() -> None:
    app = FastAPI()

    @app.get("/me")
    async def me(user: CurrentUser) -> str:
        return user.email

    with pytest.raises(RuntimeError, match="No Gatehouse is installed"):
        TestClient(app).get("/me")


@pytest.mark.parametrize(
    ("url", "check", "expected", "cookie"),
    [
        ("https://api.example.com", "session", EITHER, "__Secure-better-auth.session_token"),
        ("http://localhost:3000", "session", EITHER, "better-auth.session_token"),
        ("https://api.example.com", "token", {"GatehouseBearer"}, None),
    ],
)
def test_the_openapi_document_has_the_security_schemes(
    url: str, check: Check, expected: set[str], cookie: str | None
) -> None:
    app = app_with(Gatehouse("https://before.example.com"))
    Gatehouse(url, check=check).install(app)
    client = TestClient(app)

    for document in (client.get("/openapi.json").json(), client.get("/openapi.json").json()):
        schemes = document["components"]["securitySchemes"]
        assert set(schemes) == expected
        assert (schemes["GatehouseBearer"]["type"], schemes["GatehouseBearer"]["scheme"]) == ("http", "bearer")
        assert schemes.get("GatehouseCookie", {}).get("name") == cookie
        assert schemes.get("GatehouseCookie", {"in": "cookie"})["in"] == "cookie"
        for path, method in (("/me", "get"), ("/maybe", "get"), ("/notes", "delete")):
            operation = document["paths"][path][method]
            assert {name for scheme in operation["security"] for name in scheme} == expected
            assert [len(scheme) for scheme in operation["security"]] == [1] * len(expected)  # either, not all
            assert "parameters" not in operation
        assert "security" not in document["paths"]["/open"]["get"]
