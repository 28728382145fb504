"""The session_data cookie: get-session responds from it for a few minutes, and no other route accepts it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from typing import Any

import jwt
import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import SIGN_UP_COOKIE, cookie_names
from tests.support.calls import Api, Response
from tests.support.instances import Instance
from tests.support.layer import layer
from tests.support.people import PASSWORD, People
from tests.support.pictures import store_inline

GET_SESSION, SIGN_IN = "GET /api/auth/get-session", "POST /api/auth/sign-in/email"
DATA = "__Secure-better-auth.session_data"
OURS = {"origin": "https://app.example.com"}


@pytest.fixture
def login(call: Api, people: People, settings: Callable[..., None]) -> Response:
    """The response to a sign-in with the cookie cache on, for five minutes."""
    email = people.verified()
    settings(cookie_cache_age="300")
    return call(SIGN_IN, json={"email": email, "password": PASSWORD})


def cookies(response: Response) -> list[str]:
    """Return the cookies that a browser would send back."""
    return [cookie.partition(";")[0] for cookie in response.cookies if "Max-Age=0" not in cookie]


def data_of(response: Response) -> str:
    """Return the Set-Cookie header of session_data."""
    (cookie,) = (cookie for cookie in response.cookies if cookie.startswith(f"{DATA}="))
    return cookie


def decode(text: str) -> dict[str, Any]:
    """Return the decoded value of a session_data cookie."""
    whole: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return whole


def encode(whole: Any) -> str:
    """Encode a value as the cookie does."""
    text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def value(response: Response) -> str:
    """Return the value of session_data."""
    return data_of(response).partition(";")[0].partition("=")[2]


def get_session(call: Api, response: Response, data: str | None = None, **more: Any) -> Response:
    """Request the session with the cookies of a response, and other data if given."""
    others = [cookie for cookie in cookies(response) if not cookie.startswith(DATA)]
    return call(GET_SESSION, cookies=[*others, f"{DATA}={value(response) if data is None else data}"], **more)


def test_sign_in_sets_it_in_the_compact_form(call: Api, cloud: Cloud, login: Response) -> None:
    """Protocol §4.4; the signature is recomputed here from the secret."""
    whole = decode(value(login))

    assert data_of(login).partition(";")[2] == " Max-Age=300; Path=/; HttpOnly; Secure; SameSite=Lax"
    assert list(whole) == ["session", "expiresAt", "signature"]
    content = whole["session"]
    assert list(content) == ["session", "user", "updatedAt", "version"]
    assert content["version"] == "1"
    assert whole["expiresAt"] == content["updatedAt"] + 300_000
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=layer("config").config().secret)["SecretString"]
    key = digest(digest(b"gatehouse", secret.encode(), sha256), b"gatehouse cached session\x01", sha256)
    text = json.dumps(content | {"expiresAt": whole["expiresAt"]}, separators=(",", ":"), ensure_ascii=False)
    assert whole["signature"] == urlsafe_b64encode(digest(key, text.encode(), sha256)).rstrip(b"=").decode()
    assert len(data_of(login)) < 4096
    shown = call(GET_SESSION, bearer=login.json["token"]).json
    assert {"session": content["session"], "user": content["user"]} == shown  # dates have the wire's format


@pytest.mark.parametrize("route", [GET_SESSION, "GET /api/auth/session", "GET /api/auth/me"])
def test_a_session_is_returned_without_an_aws_call(call: Api, login: Response, route: str) -> None:
    fresh = call(route, bearer=login.json["token"]).json

    response = call(route, cookies=cookies(login))

    assert (response.status, call.aws_operations) == (200, [])
    assert response.json == fresh


def test_get_session_sets_it_after_reading_the_tables(
    call: Api, login: Response, advance_clock: Callable[..., None]
) -> None:
    (session,) = (cookie for cookie in cookies(login) if "session_token" in cookie)
    advance_clock(seconds=30)

    response = call(GET_SESSION, cookies=[session])

    assert call.aws_operations != []
    assert decode(value(response))["expiresAt"] - decode(value(login))["expiresAt"] >= 30_000
    assert call(GET_SESSION, cookies=[session, *cookies(response)]).json == response.json
    assert call.aws_operations == []


@pytest.mark.parametrize("route", [GET_SESSION, "GET /api/auth/session", "GET /api/auth/me"])
def test_a_cached_response_has_no_jwt(call: Api, login: Response, route: str) -> None:
    """Other backends would accept it although the session may have ended."""
    call("POST /api/auth/sign-out", bearer=login.json["token"])

    response = call(route, cookies=cookies(login))

    assert (response.status, call.aws_operations) == (200, [])
    assert "set-auth-jwt" not in response.headers


def test_a_jwt_returned_with_a_cache_entry_does_not_outlive_it(
    call: Api, login: Response, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    """The next entry brings a new one. JWTs of other endpoints, and without the cache, keep their lifetime."""
    (session,) = (cookie for cookie in cookies(login) if "session_token" in cookie)
    response = call(GET_SESSION, cookies=[session])
    token, until = response.headers["set-auth-jwt"], decode(value(response))["expiresAt"] // 1000
    by_itself = call("GET /api/auth/token", cookies=[session]).json["token"]
    settings(cookie_cache_age="0")
    uncached = call(GET_SESSION, cookies=[session]).headers["set-auth-jwt"]

    assert expiry(token) == until
    assert min(expiry(by_itself), expiry(uncached)) >= until + 600
    settings(cookie_cache_age="300")
    advance_clock(seconds=301)
    assert call("GET /api/tasks", bearer=token).code == "TOKEN_EXPIRED"
    assert "set-auth-jwt" in call(GET_SESSION, cookies=[session, f"{DATA}={value(response)}"]).headers


def expiry(token: str) -> int:
    """Return when a JWT expires."""
    end: int = jwt.decode(token, options={"verify_signature": False})["exp"]
    return end


def test_the_cache_can_be_bypassed(call: Api, login: Response) -> None:
    response = get_session(call, login, query={"disableCookieCache": "true"})

    assert call.aws_operations == ["BatchGetItem"]
    assert "set-auth-jwt" in response.headers
    assert data_of(response)


def test_it_is_valid_for_its_lifetime(call: Api, login: Response, advance_clock: Callable[..., None]) -> None:
    advance_clock(seconds=298)
    get_session(call, login)  # refreshes the keyring, too
    get_session(call, login)
    assert call.aws_operations == []

    advance_clock(seconds=3)
    response = get_session(call, login)
    assert response.json["user"]["email"] == "ann@example.com"
    assert call.aws_operations == ["BatchGetItem"]


def test_it_does_not_outlive_its_session(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(cookie_cache_age="1000000")
    login = call(SIGN_IN, json={"email": people.verified(), "password": PASSWORD})

    advance_clock(days=7, seconds=1)

    assert get_session(call, login).text == "null"


def replaced(whole: dict[str, Any], *path: str, to: Any) -> str:
    """Encode the value with another one at `path`."""
    copy = json.loads(json.dumps(whole))
    node = copy
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = to
    return encode(copy)


def test_a_tampered_cookie_is_ignored(call: Api, login: Response) -> None:
    whole, valid = decode(value(login)), value(login)
    bare = {name: whole[name] for name in ("session", "expiresAt")}
    never = "2099-01-01T00:00:00"
    replacements: dict[tuple[str, ...], list[Any]] = {
        ("session", "user", "email"): ["root@example.com"],
        ("session", "user", "emailVerified"): [False],
        ("session", "session", "expiresAt"): [f"{never}.000Z", never, "never", 1],
        ("session", "session"): ["x"],
        ("session", "version"): ["2"],
        ("session",): [[], None],
        ("expiresAt",): [whole["expiresAt"] + 1, "x"],
        ("signature",): ["", None, "é", "A" * 43],
    }
    others: list[Any] = [bare, [], None]
    tampered = [
        *(replaced(whole, *path, to=value) for path, values in replacements.items() for value in values),
        *map(encode, others),
        *(valid[:-1], valid[:-3] + "AAA", f"{valid}A", "x", "é", "%ff", "=" * 20, encode(whole) + "." + encode(whole)),
        urlsafe_b64encode(b'{"session":' + b"[" * 2500).decode(),
        urlsafe_b64encode(b'{"session": "\\ud800", "expiresAt": 1, "signature": ""}').decode(),
    ]

    for text in tampered:
        response = get_session(call, login, text)
        assert (response.status, response.json["user"]["email"]) == (200, "ann@example.com"), text
        assert call.aws_operations == ["BatchGetItem"]


def test_the_cookie_of_another_session_is_ignored(call: Api, people: People, login: Response) -> None:
    """Of another user, and of another session of the same user."""
    own = call(SIGN_IN, json={"email": "ann@example.com", "password": PASSWORD})
    bob = call(SIGN_IN, json={"email": people.verified("bob"), "password": PASSWORD})

    for other in (own, bob):
        response = get_session(call, login, value(other))
        assert response.json["session"]["token"] == login.json["token"]
        assert response.json["user"]["email"] == "ann@example.com"
        assert call.aws_operations == ["BatchGetItem"]


def test_it_is_ignored_without_the_session_cookie(call: Api, login: Response) -> None:
    data = f"{DATA}={value(login)}"
    unsigned = f"__Secure-better-auth.session_token={login.json['token']}"

    for others in ([data], [data, unsigned], [data, f"{unsigned}.{'A' * 43}%3D"]):
        assert call(GET_SESSION, cookies=others).text == "null"


def test_no_other_route_accepts_it(call: Api, login: Response) -> None:
    """For get-session alone, an ended session stays valid until the cookie expires."""
    call("POST /api/auth/sign-out", bearer=login.json["token"])

    assert get_session(call, login).json["user"]["email"] == "ann@example.com"
    assert get_session(call, login, query={"disableCookieCache": "true"}).text == "null"
    for route in ("GET /api/tasks", "GET /api/auth/token", "GET /api/auth/list-sessions"):
        assert call(route, cookies=cookies(login)).status == 401


def test_a_change_of_the_user_and_a_sign_out_clear_it(call: Api, login: Response) -> None:
    response = call("POST /api/auth/update-user", json={"name": "Anna"}, cookies=cookies(login), headers=OURS)
    assert (response.status, call(GET_SESSION, cookies=cookies(response)).json["user"]["name"]) == (200, "Anna")
    signed_out = call("POST /api/auth/sign-out", cookies=cookies(login), headers=OURS)

    for one in (response, signed_out):
        assert data_of(one).startswith(f"{DATA}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax")


def test_it_lasts_a_minute_if_the_session_is_not_remembered(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(cookie_cache_age="300")
    body = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}

    login = call(SIGN_IN, json=body)

    whole = decode(value(login))
    assert "Max-Age" not in data_of(login)
    assert whole["expiresAt"] == whole["session"]["updatedAt"] + 60_000
    advance_clock(seconds=61)
    get_session(call, login)
    assert call.aws_operations == ["BatchGetItem"]


def test_any_characters_are_signed_as_in_javascript(call: Api, login: Response) -> None:
    bearer = login.json["token"]
    call("POST /api/auth/update-user", json={"name": 'Änn "作業" 🔑 </script>'}, bearer=bearer)
    response = call(GET_SESSION, cookies=cookies(login), query={"disableCookieCache": "1"})

    second = get_session(call, login, value(response))

    assert call.aws_operations == []
    assert second.json["user"]["name"] == 'Änn "作業" 🔑 </script>'


def test_the_longest_name_fits_in_a_cookie(call: Api, people: People, settings: Callable[..., None]) -> None:
    """Browsers drop cookies longer than 4096 bytes."""
    ann = people.signed_in()
    sent = {"name": "🔑" * 100, "image": "https://example.com/" + "x" * 480}
    assert call("POST /api/auth/update-user", json=sent, bearer=ann.token).status == 200
    settings(cookie_cache_age="300")

    response = call(SIGN_IN, json={"email": ann.email, "password": PASSWORD}, headers={"user-agent": "a" * 500})

    assert len(data_of(response).encode()) <= 4096


def test_a_value_too_long_for_a_cookie_clears_the_old_one(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    """A browser would drop it and keep sending the old one."""
    ann = people.signed_in()
    settings(cookie_cache_age="300")
    shown = call(GET_SESSION, cookies=[ann.cookie])
    assert "Max-Age=300" in data_of(shown)
    store_inline(ann, f"data:image/jpeg;base64,/9j/{'x' * 4000}")

    responses = [
        call(GET_SESSION, cookies=[ann.cookie]),
        call(SIGN_IN, json={"email": ann.email, "password": PASSWORD}),
    ]

    for response in responses:
        assert response.status == 200
        assert data_of(response).startswith(f"{DATA}=; Max-Age=0;")


def test_after_an_emergency_a_warm_instance_accepts_it_for_at_most_ten_seconds(
    call: Api, login: Response, advance_clock: Callable[..., None]
) -> None:
    """S-33: with the old key anybody can forge it. An instance refreshes the keyring after ten seconds."""
    advance_clock(seconds=11)
    for calls in (["BatchGetItem"], [], []):
        assert get_session(call, login).json["user"]["email"] == "ann@example.com"
        assert call.aws_operations == calls
    warm = Instance(call)
    call.invoke("RotateSecret", {"Emergency": True})
    warm.switch()

    advance_clock(seconds=9)
    assert get_session(call, login).json["user"]["email"] == "ann@example.com"
    assert call.aws_operations == []

    advance_clock(seconds=2)
    assert get_session(call, login).text == "null"


@pytest.mark.parametrize("route", [SIGN_IN, "POST /api/auth/signin", "POST /api/auth/login"])
def test_cve_2026_67337_a_refused_sign_in_sets_no_cookie(call: Api, settings: Callable[..., None], route: str) -> None:
    """S-20: before the address is verified, the right password yields no cookie; signing up sets its own."""
    body = {"email": "bob@example.com", "password": PASSWORD}
    settings(cookie_cache_age="300", rate_limits="on", send_verification_on_sign_in="true")
    signed_up = call("POST /api/auth/sign-up/email", json=body)

    response = call(route, json=body)

    assert (response.status, response.code, response.cookies) == (403, "EMAIL_NOT_VERIFIED", [])
    assert not [name for name in response.headers if name.startswith("set-")]
    assert (signed_up.status, cookie_names(signed_up)) == (200, [SIGN_UP_COOKIE])


def test_it_is_off_by_default(call: Api, people: People) -> None:
    """It would keep ended sessions valid."""
    email = people.verified()
    login = call(SIGN_IN, json={"email": email, "password": PASSWORD})
    shown = call(GET_SESSION, cookies=cookies(login))

    assert not any(DATA in cookie for cookie in [*login.cookies, *shown.cookies])


def test_a_cookie_from_before_it_was_switched_off_is_ignored(
    call: Api, login: Response, settings: Callable[..., None]
) -> None:
    settings(cookie_cache_age="0")
    call("POST /api/auth/sign-out", bearer=login.json["token"])

    assert get_session(call, login).text == "null"
