"""The session_data cookie: get-session answers from it for a few minutes, and nothing else ever does."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import PASSWORD, People

GET_SESSION, SIGN_IN = "GET /api/auth/get-session", "POST /api/auth/sign-in/email"
DATA = "__Secure-better-auth.session_data"
OURS = {"origin": "https://app.example.com"}


@pytest.fixture
def entered(call: Api, people: People, settings: Callable[..., None]) -> Response:
    """A sign-in where answers are cached for five minutes."""
    email = people.verified()
    settings(cookie_cache_age="300")
    return call(SIGN_IN, json={"email": email, "password": PASSWORD})


def cookies(answer: Response) -> list[str]:
    """What a browser sends back."""
    return [cookie.partition(";")[0] for cookie in answer.cookies if "Max-Age=0" not in cookie]


def data_of(answer: Response) -> str:
    """The whole Set-Cookie line of session_data."""
    (cookie,) = (cookie for cookie in answer.cookies if cookie.startswith(f"{DATA}="))
    return cookie


def unpacked(text: str) -> dict[str, Any]:
    """The value of a session_data cookie."""
    whole: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return whole


def packed(whole: Any) -> str:
    """And back."""
    text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def value(answer: Response) -> str:
    """The value of session_data."""
    return data_of(answer).partition(";")[0].partition("=")[2]


def visit(call: Api, answer: Response, data: str | None = None, **more: Any) -> Response:
    """Ask for the session with the cookies of an answer, and perhaps other data."""
    kept = [cookie for cookie in cookies(answer) if not cookie.startswith(DATA)]
    return call(GET_SESSION, cookies=[*kept, f"{DATA}={value(answer) if data is None else data}"], **more)


def test_signing_in_hands_it_out_in_the_compact_form(call: Api, cloud: Cloud, entered: Response) -> None:
    """Protocol §4.4, with the signature recomputed here from the secret itself."""
    whole = unpacked(value(entered))

    assert data_of(entered).partition(";")[2] == " Max-Age=300; Path=/; HttpOnly; Secure; SameSite=Lax"
    assert list(whole) == ["session", "expiresAt", "signature"]
    content = whole["session"]
    assert list(content) == ["session", "user", "updatedAt", "version"]
    assert content["version"] == "1"
    assert whole["expiresAt"] == content["updatedAt"] + 300_000
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=layer("config").config().secret)["SecretString"]
    key = digest(digest(b"gatehouse", secret.encode(), sha256), b"gatehouse cached session\x01", sha256)
    text = json.dumps(content | {"expiresAt": whole["expiresAt"]}, separators=(",", ":"), ensure_ascii=False)
    assert whole["signature"] == urlsafe_b64encode(digest(key, text.encode(), sha256)).rstrip(b"=").decode()
    assert len(data_of(entered)) < 4096
    shown = call(GET_SESSION, bearer=entered.json["token"]).json
    assert {"session": content["session"], "user": content["user"]} == shown  # so its dates are those of the wire


@pytest.mark.parametrize("route", [GET_SESSION, "GET /api/auth/session", "GET /api/auth/me"])
def test_a_session_is_shown_without_asking_anything(call: Api, entered: Response, route: str) -> None:
    fresh = call(route, bearer=entered.json["token"]).json

    answer = call(route, cookies=cookies(entered))

    assert (answer.status, call.aws_operations) == (200, [])
    assert answer.json == fresh


def test_get_session_hands_it_out_whenever_it_asked(
    call: Api, entered: Response, advance_clock: Callable[..., None]
) -> None:
    (session,) = (cookie for cookie in cookies(entered) if "session_token" in cookie)
    advance_clock(seconds=30)

    answer = call(GET_SESSION, cookies=[session])

    assert call.aws_operations != []
    assert unpacked(value(answer))["expiresAt"] - unpacked(value(entered))["expiresAt"] >= 30_000
    assert call(GET_SESSION, cookies=[session, *cookies(answer)]).json == answer.json
    assert call.aws_operations == []


def test_it_can_be_passed_by(call: Api, entered: Response) -> None:
    answer = visit(call, entered, query={"disableCookieCache": "true"})

    assert call.aws_operations == ["BatchGetItem"]
    assert "set-auth-jwt" in answer.headers
    assert data_of(answer)


def test_it_is_good_for_its_time_and_no_longer(
    call: Api, entered: Response, advance_clock: Callable[..., None]
) -> None:
    advance_clock(seconds=298)
    visit(call, entered)  # looks at the keyring, too
    visit(call, entered)
    assert call.aws_operations == []

    advance_clock(seconds=3)
    answer = visit(call, entered)
    assert answer.json["user"]["email"] == "ann@example.com"
    assert call.aws_operations == ["BatchGetItem"]


def test_it_does_not_outlive_its_session(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(cookie_cache_age="1000000")
    entered = call(SIGN_IN, json={"email": people.verified(), "password": PASSWORD})

    advance_clock(days=7, seconds=1)

    assert visit(call, entered).text == "null"


def changed(whole: dict[str, Any], *path: str, to: Any) -> str:
    """The cached form with something else in one place."""
    copy = json.loads(json.dumps(whole))
    place = copy
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return packed(copy)


def test_what_was_tampered_with_is_ignored(call: Api, entered: Response) -> None:
    whole, good = unpacked(value(entered)), value(entered)
    bare = {name: whole[name] for name in ("session", "expiresAt")}
    never = "2099-01-01T00:00:00"
    places: dict[tuple[str, ...], list[Any]] = {
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
        *(changed(whole, *place, to=value) for place, values in places.items() for value in values),
        *map(packed, others),
        *(good[:-1], good[:-3] + "AAA", f"{good}A", "x", "é", "%ff", "=" * 20, packed(whole) + "." + packed(whole)),
        urlsafe_b64encode(b'{"session":' + b"[" * 2500).decode(),
        urlsafe_b64encode(b'{"session": "\\ud800", "expiresAt": 1, "signature": ""}').decode(),
    ]

    for text in tampered:
        answer = visit(call, entered, text)
        assert (answer.status, answer.json["user"]["email"]) == (200, "ann@example.com"), text
        assert call.aws_operations == ["BatchGetItem"]


def test_what_was_cached_for_another_session_is_ignored(call: Api, people: People, entered: Response) -> None:
    """Neither somebody else's nor another of one's own."""
    own = call(SIGN_IN, json={"email": "ann@example.com", "password": PASSWORD})
    bob = call(SIGN_IN, json={"email": people.verified("bob"), "password": PASSWORD})

    for other in (own, bob):
        answer = visit(call, entered, value(other))
        assert answer.json["session"]["token"] == entered.json["token"]
        assert answer.json["user"]["email"] == "ann@example.com"
        assert call.aws_operations == ["BatchGetItem"]


def test_it_is_nothing_without_its_session_cookie(call: Api, entered: Response) -> None:
    data = f"{DATA}={value(entered)}"
    unsigned = f"__Secure-better-auth.session_token={entered.json['token']}"

    for kept in ([data], [data, unsigned], [data, f"{unsigned}.{'A' * 43}%3D"]):
        assert call(GET_SESSION, cookies=kept).text == "null"


def test_it_opens_no_door(call: Api, entered: Response) -> None:
    """A session that was ended elsewhere lives on in it, though for get-session alone, and not for long."""
    call("POST /api/auth/sign-out", bearer=entered.json["token"])

    assert visit(call, entered).json["user"]["email"] == "ann@example.com"
    assert visit(call, entered, query={"disableCookieCache": "true"}).text == "null"
    for route in ("GET /api/tasks", "GET /api/auth/token", "GET /api/auth/list-sessions"):
        assert call(route, cookies=cookies(entered)).status == 401


def test_a_change_of_the_person_takes_it_back_and_so_does_signing_out(call: Api, entered: Response) -> None:
    answer = call("POST /api/auth/update-user", json={"name": "Anna"}, cookies=cookies(entered), headers=OURS)
    assert (answer.status, call(GET_SESSION, cookies=cookies(answer)).json["user"]["name"]) == (200, "Anna")
    left = call("POST /api/auth/sign-out", cookies=cookies(entered), headers=OURS)

    for one in (answer, left):
        assert data_of(one).startswith(f"{DATA}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax")


def test_where_the_session_is_not_remembered_it_lasts_a_minute(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(cookie_cache_age="300")
    body = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}

    entered = call(SIGN_IN, json=body)

    whole = unpacked(value(entered))
    assert "Max-Age" not in data_of(entered)
    assert whole["expiresAt"] == whole["session"]["updatedAt"] + 60_000
    advance_clock(seconds=61)
    visit(call, entered)
    assert call.aws_operations == ["BatchGetItem"]


def test_names_of_any_letters_are_signed_as_javascript_would(call: Api, entered: Response) -> None:
    bearer = entered.json["token"]
    call("POST /api/auth/update-user", json={"name": 'Änn "作業" 🔑 </script>'}, bearer=bearer)
    answer = call(GET_SESSION, cookies=cookies(entered), query={"disableCookieCache": "1"})

    again = visit(call, entered, value(answer))

    assert call.aws_operations == []
    assert again.json["user"]["name"] == 'Änn "作業" 🔑 </script>'


def test_a_name_of_any_length_fits_in_a_cookie(call: Api, people: People, settings: Callable[..., None]) -> None:
    """Browsers drop what is longer than 4096 bytes."""
    ann = people.signed_in()
    sent = {"name": "🔑" * 100, "image": "https://example.com/" + "x" * 480}
    assert call("POST /api/auth/update-user", json=sent, bearer=ann.token).status == 200
    settings(cookie_cache_age="300")

    answer = call(SIGN_IN, json={"email": ann.email, "password": PASSWORD}, headers={"user-agent": "a" * 500})

    assert len(data_of(answer).encode()) <= 4096


def test_what_would_not_fit_in_a_cookie_is_not_set_and_an_old_one_is_taken_back(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    """A browser would drop it, and go on sending the old one."""
    ann = people.signed_in()
    settings(cookie_cache_age="300")
    shown = call(GET_SESSION, cookies=[ann.cookie])
    assert "Max-Age=300" in data_of(shown)
    sent = {"image": f"data:image/jpeg;base64,/9j/{'x' * 4000}"}
    assert call("POST /api/auth/update-user", json=sent, bearer=ann.token).status == 200

    answers = [
        call(GET_SESSION, cookies=[ann.cookie]),
        call(SIGN_IN, json={"email": ann.email, "password": PASSWORD}),
    ]

    for answer in answers:
        assert answer.status == 200
        assert data_of(answer).startswith(f"{DATA}=; Max-Age=0;")


def test_after_an_emergency_a_warm_instance_believes_it_for_half_a_minute_at_most(
    call: Api, entered: Response, advance_clock: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-33: whoever has the old key can make any of them. Whether the keys are still good is asked twice a minute."""
    advance_clock(seconds=31)
    for asked in (["BatchGetItem"], [], []):
        assert visit(call, entered).json["user"]["email"] == "ann@example.com"
        assert call.aws_operations == asked
    keyring = layer("keys.keyring")
    seen = keyring._cached
    call.invoke("RotateSecret", {"Emergency": True})
    monkeypatch.setattr(keyring, "_cached", seen)

    advance_clock(seconds=29)
    assert visit(call, entered).json["user"]["email"] == "ann@example.com"
    assert call.aws_operations == []

    advance_clock(seconds=2)
    assert visit(call, entered).text == "null"


@pytest.mark.parametrize("route", [SIGN_IN, "POST /api/auth/signin", "POST /api/auth/login"])
def test_cve_2026_67337_who_is_not_in_yet_is_handed_nothing(
    call: Api, settings: Callable[..., None], route: str
) -> None:
    """S-20: the right password alone, before the address is verified, is worth no cookie of any kind."""
    body = {"email": "bob@example.com", "password": PASSWORD}
    settings(cookie_cache_age="300", rate_limits="on", send_verification_on_sign_in="true")
    signed_up = call("POST /api/auth/sign-up/email", json=body)

    answer = call(route, json=body)

    assert (answer.status, answer.code, answer.cookies) == (403, "EMAIL_NOT_VERIFIED", [])
    assert not [name for name in answer.headers if name.startswith("set-")]
    assert (signed_up.status, signed_up.cookies) == (200, [])


def test_it_is_off_unless_asked_for(call: Api, people: People) -> None:
    """Or a session that was ended elsewhere would live on."""
    email = people.verified()
    entered = call(SIGN_IN, json={"email": email, "password": PASSWORD})
    shown = call(GET_SESSION, cookies=cookies(entered))

    assert not any(DATA in cookie for cookie in [*entered.cookies, *shown.cookies])


def test_what_was_cached_before_it_was_switched_off_is_ignored(
    call: Api, entered: Response, settings: Callable[..., None]
) -> None:
    settings(cookie_cache_age="0")
    call("POST /api/auth/sign-out", bearer=entered.json["token"])

    assert visit(call, entered).text == "null"
