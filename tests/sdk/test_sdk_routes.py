"""An app with the SDK before the product itself: who gets in, by what, and until when."""

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
def test_who_shows_nothing_is_refused_in_the_form_of_the_service(
    deployment: Deployment, client_for: App, check: Check
) -> None:
    app = client_for(Gatehouse(deployment.url, check=check))

    own, theirs = app.get("/me", headers={"x-correlation-id": "abc"}), deployment.client.get("/api/tasks")

    assert own.status_code == theirs.status_code == 401
    assert own.json() == theirs.json() | {"requestId": "abc"}
    assert own.headers["www-authenticate"] == theirs.headers["www-authenticate"] == 'Bearer realm="gatehouse"'
    assert own.headers["x-correlation-id"] == "abc"
    assert app.get("/open").status_code == 200
    assert app.get("/maybe").json() is None


@pytest.mark.parametrize("shown", ["by_token", "by_jwt", "by_cookie"])
def test_whatever_a_sign_in_gave_is_good_where_the_session_is_asked(
    deployment: Deployment, caller: Caller, client_for: App, shown: str
) -> None:
    app, headers = client_for(Gatehouse(deployment.url)), getattr(caller, shown)

    user = app.get("/me", headers=headers).json()

    told = deployment.client.get("/api/auth/get-session", headers=caller.by_token).json()
    assert {name: user[name] for name in ("id", "email", "name", "image")} == {
        name: told["user"][name] for name in ("id", "email", "name", "image")
    }
    assert (user["id"], user["email_verified"]) == (caller.id, False)
    assert user["session_id"] == told["session"]["id"]
    assert moment(user["session_expires_at"]) == moment(told["session"]["expiresAt"])
    assert moment(user["created_at"]) == moment(told["user"]["createdAt"])
    assert app.get("/in-a-thread", headers=headers).json() == caller.email
    assert app.get("/maybe", headers=headers).json() == caller.email


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_a_jwt_is_good_where_tokens_are_checked_and_says_no_more_than_it_has(
    deployment: Deployment, caller: Caller, client_for: App
) -> None:
    by_session = client_for(Gatehouse(deployment.url)).get("/me", headers=caller.by_jwt).json()
    app = client_for(Gatehouse(f"{deployment.url}/", check="token"))

    assert app.get("/me", headers=caller.by_jwt).json() == by_session | {"session_expires_at": None}
    assert app.get("/in-a-thread", headers=caller.by_jwt).json() == caller.email
    assert app.get("/maybe", headers=caller.by_jwt).json() == caller.email


def test_a_session_token_is_told_apart_where_tokens_are_checked(
    deployment: Deployment, caller: Caller, client_for: App
) -> None:
    app = client_for(Gatehouse(deployment.url, check="token"))

    for path in ("/me", "/maybe"):
        answer = app.get(path, headers=caller.by_token)
        assert (answer.status_code, answer.json()["code"]) == (401, "ACCESS_TOKEN_REQUIRED")
        assert "/api/auth/token" in answer.json()["message"]
    assert app.get("/me", headers=caller.by_cookie).json()["code"] == "MISSING_TOKEN"
    assert app.get("/maybe", headers=caller.by_cookie).json() is None


@pytest.mark.parametrize("path", ["/me", "/maybe"])
@pytest.mark.parametrize("check", BOTH)
def test_a_bad_token_is_never_anonymous(deployment: Deployment, client_for: App, check: Check, path: str) -> None:
    app = client_for(Gatehouse(deployment.url, check=check))

    for token in ("", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x y"):
        answer = app.get(path, headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN"), token
        assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse", error="invalid_token"'


def test_another_scheme_is_none_of_ours_and_a_bearer_token_decides_alone(
    deployment: Deployment, caller: Caller, client_for: App
) -> None:
    """A bad one is not made good by a cookie beside it."""
    app = client_for(Gatehouse(deployment.url))
    basic = {"authorization": "Basic YTpi"}

    assert app.get("/maybe", headers=basic).json() is None
    assert app.get("/maybe", headers=caller.by_cookie | basic).json() == caller.email
    assert app.get("/maybe", headers={"authorization": f"BEARER  {caller.token}"}).json() == caller.email
    answer = app.get("/me", headers=caller.by_cookie | bearer("bad"))
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


def test_who_signed_out_is_refused_at_once_by_one_check_and_in_minutes_by_the_other(
    deployment: Deployment, caller: Caller, client_for: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking, offline = client_for(Gatehouse(deployment.url)), client_for(Gatehouse(deployment.url, check="token"))
    assert asking.get("/me", headers=caller.by_jwt).status_code == 200

    deployment.ends(caller)

    for headers in (caller.by_token, caller.by_jwt, caller.by_cookie):
        answer = asking.get("/me", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
        assert asking.get("/maybe", headers=headers).status_code == 401
    assert offline.get("/me", headers=caller.by_jwt).status_code == 200

    class Later(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.now(tz) + dt.timedelta(minutes=15, seconds=11)

    monkeypatch.setattr(api_jwt, "datetime", Later)
    answer = offline.get("/maybe", headers=caller.by_jwt)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_rotation_of_keys_goes_unnoticed(
    deployment: Deployment, caller: Caller, client_for: App, advance_clock: Callable[[float], None]
) -> None:
    app = client_for(Gatehouse(deployment.url, check="token"))
    assert app.get("/me", headers=caller.by_jwt).status_code == 200

    deployment.rotates()
    advance_clock(30)

    rotated = bearer(deployment.jwt(caller.token))
    assert get_unverified_header(rotated["authorization"][7:])["kid"] != get_unverified_header(caller.jwt)["kid"]
    assert app.get("/me", headers=rotated).status_code == 200
    assert app.get("/me", headers=caller.by_jwt).status_code == 200


@pytest.mark.parametrize("path", ["/notes", "/comments"])
def test_a_cookie_changes_something_for_trusted_sites_alone(
    deployment: Deployment, caller: Caller, client_for: App, path: str
) -> None:
    app = client_for(Gatehouse(deployment.url, trusted_origins=["https://app.example.com"]))

    def code(**headers: str) -> object:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = app.post(path, headers=caller.by_cookie | named)
        return answer.json()["code"] if answer.status_code == 403 else answer.json()

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


def test_a_websocket_opens_for_whom_a_route_would(deployment: Deployment, caller: Caller, client_for: App) -> None:
    """Browsers can show it nothing but cookies, and let any site open one."""
    app = client_for(Gatehouse(deployment.url, trusted_origins=["https://app.example.com"]))
    trusted = {"origin": "https://app.example.com"}

    with app.websocket_connect("/live", headers=caller.by_cookie | trusted) as socket:
        assert socket.receive_text() == caller.email
    for headers, code in ((trusted, "MISSING_TOKEN"), (caller.by_cookie, "MISSING_OR_NULL_ORIGIN")):
        with pytest.raises(WebSocketDenialResponse) as denied, app.websocket_connect("/live", headers=headers):
            pass
        assert json.loads(denied.value.content)["code"] == code


def test_two_apps_of_a_process_go_by_their_own(deployment: Deployment, caller: Caller) -> None:
    """One stands inside the other here; neither needs a lifespan, nor the same event loop twice."""
    outer, inner = app_with(Gatehouse(deployment.url)), app_with(Gatehouse(deployment.url, check="token"))
    outer.mount("/inner", inner)
    client = TestClient(outer)

    for _ in range(2):
        assert client.get("/me", headers=caller.by_token).status_code == 200
        assert client.get("/inner/me", headers=caller.by_jwt).status_code == 200
        assert client.get("/inner/me", headers=caller.by_token).json()["code"] == "ACCESS_TOKEN_REQUIRED"


def test_the_example_of_the_readme_protects_a_route_in_less_than_ten_lines(
    deployment: Deployment, caller: Caller
) -> None:
    (example,) = re.findall(r"```python example\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in example.splitlines() if line]) < 10
    named: dict[str, Any] = {}
    exec(example.replace("https://api.example.com", deployment.url), named)  # noqa: S102 -- our own page
    client = TestClient(named["app"])

    assert client.get("/notes").status_code == 401
    assert client.get("/notes", headers=caller.by_token).json() == [f"A note of {caller.email}"]
    assert client.get("/notes", headers=caller.by_cookie).status_code == 200


# -- What needs no deployment -------------------------------------------------------------


def test_an_app_is_tested_without_a_deployment() -> None:
    app = app_with(Gatehouse("https://api.example.com"))
    app.dependency_overrides[optional_user] = lambda: a_user(email="bob@example.com")
    client = TestClient(app)

    assert client.get("/me").json()["email"] == client.get("/maybe").json() == "bob@example.com"
    app.dependency_overrides[optional_user] = lambda: None
    assert client.get("/me").status_code == 401
    app.dependency_overrides = {current_user: lambda: a_user(email="eve@example.com")}
    assert client.get("/me").json()["email"] == "eve@example.com"


def test_an_app_without_a_gatehouse_lets_nobody_in() -> None:
    app = FastAPI()

    @app.get("/me")
    async def me(user: CurrentUser) -> str:
        return user.email

    with pytest.raises(RuntimeError, match="No Gatehouse is installed"):
        TestClient(app).get("/me")


@pytest.mark.parametrize(
    ("url", "check", "ways", "cookie"),
    [
        ("https://api.example.com", "session", EITHER, "__Secure-better-auth.session_token"),
        ("http://localhost:3000", "session", EITHER, "better-auth.session_token"),
        ("https://api.example.com", "token", {"GatehouseBearer"}, None),
    ],
)
def test_the_document_says_how_to_show_who_one_is(url: str, check: Check, ways: set[str], cookie: str | None) -> None:
    app = app_with(Gatehouse("https://before.example.com"))
    Gatehouse(url, check=check).install(app)
    client = TestClient(app)

    for document in (client.get("/openapi.json").json(), client.get("/openapi.json").json()):
        schemes = document["components"]["securitySchemes"]
        assert set(schemes) == ways
        assert (schemes["GatehouseBearer"]["type"], schemes["GatehouseBearer"]["scheme"]) == ("http", "bearer")
        assert schemes.get("GatehouseCookie", {}).get("name") == cookie
        assert schemes.get("GatehouseCookie", {"in": "cookie"})["in"] == "cookie"
        for path, method in (("/me", "get"), ("/maybe", "get"), ("/notes", "delete")):
            operation = document["paths"][path][method]
            assert {name for way in operation["security"] for name in way} == ways
            assert [len(way) for way in operation["security"]] == [1] * len(ways)  # either, not all
            assert "parameters" not in operation
        assert "security" not in document["paths"]["/open"]["get"]
