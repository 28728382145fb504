"""Headers of responses fit into what API Gateway accepts, 10,240 bytes, whatever a profile and a request contain."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow, error_of
from tests.support.people import PASSWORD, People, Person

LIMIT, LARGEST_JWT = 10_240, 2048
NAMES = ["🔑" * 100, '"\\' * 50, "ä" * 100]
LINK = "https://example.com/" + "ü" * 480  # more than a JWT holds
EMAIL = f"{'a' * 64}@{'.'.join(['b' * 60] * 3)}.com"
OURS = {"origin": "https://app.example.com"}
SIGN_IN, GET_SESSION, UPDATE = "POST /api/auth/sign-in/email", "GET /api/auth/get-session", "POST /api/auth/update-user"


@pytest.fixture(params=NAMES, ids=ascii)
def person(request: pytest.FixtureRequest, call: Api, people: People) -> Person:
    """A user with the longest address, name and link to a picture."""
    user = replace(layer("accounts.lookup").new_user(EMAIL), email_verified=True)
    table, hashed = layer("accounts.table"), layer("accounts.passwords").hash_password(PASSWORD)
    creation = table.create_profile(table.new_profile(user, hashed))
    layer("dynamodb").transact(*creation, layer("sessions").create_epoch(user.id))
    found = people.sign_in(EMAIL)
    assert call(UPDATE, bearer=found.token, json={"name": request.param, "image": LINK}).status == 200
    return found


@pytest.fixture
def largest(settings: Callable[..., None]) -> None:
    """The settings with which responses have the most headers."""
    settings(cookie_cache_age="3600", cookie_domain="example.com", cookie_same_site="none", rate_limits="on")
    settings(base_url="https://authentication.eu-central-1.services.example.com")


def size(response: Response) -> int:
    """Return the size of all headers, as HTTP/1.1 writes them."""
    lines = [*response.headers.items(), *(("set-cookie", cookie) for cookie in response.cookies)]
    return sum(len(f"{name}: {value}\r\n".encode()) for name, value in lines)


def browser(*responses: Response) -> list[str]:
    """Return what a browser sends that has every cookie of the responses, in two scopes."""
    sent = [cookie.partition(";")[0] for response in responses for cookie in response.cookies]
    return [*sent, *sent]


def test_a_jwt_has_less_than_2_kb_and_no_picture_when_that_is_too_long(call: Api, person: Person) -> None:
    token = call("GET /api/auth/token", bearer=person.token).json["token"]
    header = call(GET_SESSION, bearer=person.token).headers["set-auth-jwt"]

    assert max(len(token), len(header)) < LARGEST_JWT
    shown = call(GET_SESSION, bearer=token).json["user"]
    assert shown["image"] == LINK
    claims = layer("keys.access_tokens").jwt.decode(token, options={"verify_signature": False})
    assert (claims["name"], claims["email"], claims["image"]) == (shown["name"], shown["email"], None)


def test_a_jwt_has_the_picture_when_it_fits(call: Api, people: People) -> None:
    ann, link = people.signed_in(), "https://example.com/" + "u" * 480
    call(UPDATE, bearer=ann.token, json={"image": link})

    token = call("GET /api/auth/token", bearer=ann.token).json["token"]
    assert layer("keys.access_tokens").jwt.decode(token, options={"verify_signature": False})["image"] == link


@pytest.mark.usefixtures("largest")
def test_the_largest_responses_fit(
    call: Api, person: Person, people: People, advance_clock: Callable[..., None]
) -> None:
    body = {"email": person.email, "password": PASSWORD, "callbackURL": "https://app.example.com/" + "c" * 3000}

    first = call(SIGN_IN, json=body)
    again = call(SIGN_IN, json=body | {"rememberMe": False}, cookies=browser(first), headers=OURS)
    assert (first.status, again.status) == (200, 200)
    token = [cookie for cookie in browser(again) if "session_token" in cookie][:1]
    shown = call(GET_SESSION, cookies=token, query={"disableCookieCache": "true"})
    advance_clock(days=2)
    renewed = call(GET_SESSION, cookies=[*browser(first), *browser(shown)], query={"disableCookieCache": "true"})
    others = [person.cookie, people.signed_in("bob").cookie]
    ambiguous = call("GET /api/auth/me", cookies=[*browser(shown), *others])
    out = call("POST /api/auth/sign-out", cookies=[*browser(first), *browser(again), *browser(shown)], headers=OURS)

    assert "set-auth-jwt" in renewed.headers
    assert ambiguous.status == 401
    assert max(map(size, (first, again, shown, renewed, ambiguous, out))) <= LIMIT


@pytest.mark.usefixtures("largest")
@pytest.mark.parametrize("tail", ["c" * 10_000, "ä" * 1000, "%" * 4000], ids=lambda tail: tail[:1])
def test_a_target_that_is_too_long_for_a_header_is_refused(call: Api, people: People, tail: str) -> None:
    body = {"email": people.verified(), "password": PASSWORD}

    for start in ("/", "https://app.example.com/", "https://app.example.com/?"):
        response = call(SIGN_IN, json=body | {"callbackURL": start + tail})
        assert (response.status, response.code) == (403, "INVALID_CALLBACK_URL")


@pytest.mark.usefixtures("google")
def test_sign_in_at_a_provider_has_a_location_only_when_it_fits(call: Api) -> None:
    much = {f"{number:02d}{'k' * 498}": "ä" * 500 for number in range(20)}
    body = {"provider": "google", "scopes": [f"{number:02d}{'s' * 198}" for number in range(50)]}

    small = call("POST /api/auth/sign-in/social", json={"provider": "google"})
    large = call("POST /api/auth/sign-in/social", json=body | {"additionalParams": much})

    assert small.headers["location"] == small.json["url"]
    assert (large.status, large.json["redirect"], "location" in large.headers) == (200, True, False)
    assert "kkk" in large.json["url"]
    assert size(large) <= LIMIT


@pytest.mark.usefixtures("largest")
def test_the_callback_of_a_provider_fits(oauth_flow: OAuthFlow, settings: Callable[..., None]) -> None:
    settings(google_issuer=oauth_flow.provider.url)
    target = "https://app.example.com/" + "c" * 2000
    begun = oauth_flow.begin(callbackURL=target)
    claims = {"sub": "1", "email": "ann@gmail.com", "email_verified": True, "name": NAMES[0], "picture": LINK}
    code = oauth_flow.provider.authorize(begun.url, **claims)

    response = oauth_flow.callback(begun, code=code)

    assert error_of(response) is None
    assert response.headers["location"] == target
    assert size(response) <= LIMIT
