"""Cookies of one name more than once, as another host of the domain can set them: no stranger's session is taken."""

from collections.abc import Callable

import pytest

from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow, error_of
from tests.support.people import PASSWORD, People, Person

GET_SESSION, LIST_TASKS, SIGN_IN = "GET /api/auth/get-session", "GET /api/tasks", "POST /api/auth/sign-in/email"
ME, SIGN_OUT, TOKEN = "GET /api/auth/me", "POST /api/auth/sign-out", "GET /api/auth/token"
NAME, DATA = "__Secure-better-auth.session_token", "__Secure-better-auth.session_data"
DEVICE, STATE = "__Secure-gatehouse.device", "__Secure-better-auth.state"
OURS = {"origin": "https://app.example.com"}
FORGED = f"{NAME}={'a' * 101}.{'A' * 43}%3D"


@pytest.fixture
def ann(people: People) -> Person:
    """A user with a session."""
    return people.signed_in("ann")


@pytest.fixture
def bob(people: People) -> Person:
    """Another user with a session, who would like Ann to work in it."""
    return people.signed_in("bob")


def unsigned(person: Person) -> str:
    """Return a session cookie with another signature."""
    return f"{NAME}={person.token}.{'A' * 43}%3D"


def user_of(response: Response) -> str | None:
    """Return the user's id in a response; None for nobody."""
    return response.json["user"]["id"] if response.status == 200 and response.json else None


def cleared(response: Response, name: str = NAME) -> set[str]:
    """Return the scopes in which a response clears a cookie: "" for the host alone, else the domain."""
    scopes = set()
    for cookie in response.cookies:
        if cookie.startswith(f"{name}=;") and "Max-Age=0" in cookie:
            scopes.add(next((part[7:] for part in cookie.split("; ") if part.startswith("Domain=")), ""))
    return scopes


@pytest.mark.parametrize("route", [GET_SESSION, ME])
def test_a_cookie_without_a_good_signature_does_not_hide_the_session(
    call: Api, ann: Person, bob: Person, route: str
) -> None:
    for before in (FORGED, unsigned(bob), f"{NAME}=x", f"{NAME}=%ff", f"{NAME}="):
        for cookies in ([before, ann.cookie], [ann.cookie, before]):
            assert user_of(call(route, cookies=cookies)) == ann.id, cookies


@pytest.mark.parametrize("route", [GET_SESSION, ME, LIST_TASKS])
def test_an_ended_session_does_not_hide_the_living_one(call: Api, ann: Person, bob: Person, route: str) -> None:
    assert call(SIGN_OUT, cookies=[bob.cookie], headers=OURS).status == 200

    for cookies in ([bob.cookie, ann.cookie], [ann.cookie, bob.cookie]):
        response = call(route, cookies=cookies)
        assert response.status == 200
        assert response.text != "null"
        assert cleared(response) == set()


@pytest.mark.parametrize("route", [GET_SESSION, ME, TOKEN, LIST_TASKS, "GET /api/auth/list-sessions"])
def test_two_living_sessions_count_as_none_and_are_cleared_in_both_scopes(
    call: Api, settings: Callable[..., None], ann: Person, bob: Person, route: str
) -> None:
    """Nobody works in a stranger's session, whichever cookie the browser sends first."""
    settings(cookie_domain="example.com")

    for cookies in ([ann.cookie, bob.cookie], [bob.cookie, ann.cookie]):
        response = call(route, cookies=cookies)
        assert (response.status, response.text) == (200, "null") if route == GET_SESSION else response.status == 401
        assert cleared(response) == {"", "api.example.com", "example.com"}


@pytest.mark.parametrize(
    ("base_url", "scopes"),
    [
        ("https://api.example.com", {"", "api.example.com", "example.com"}),
        ("https://example.com:8443", {"", "example.com"}),
        ("http://127.0.0.1:3000", {""}),
        ("http://[::1]:3000", {""}),
        ("http://localhost:3000", {""}),
    ],
)
def test_the_scopes_are_the_host_and_the_domains_that_hold_it(
    call: Api, settings: Callable[..., None], people: People, base_url: str, scopes: set[str]
) -> None:
    settings(base_url=base_url)
    cookies = [people.signed_in(name).cookie for name in ("ann", "bob")]

    response = call(ME, cookies=cookies)

    assert cleared(response, cookies[0].partition("=")[0]) == scopes
    assert all("Secure" in cookie for cookie in response.cookies) is base_url.startswith("https:")


def test_one_session_twice_is_that_session(call: Api, ann: Person) -> None:
    """As after a change of CookieDomain."""
    for route in (ME, LIST_TASKS):
        response = call(route, cookies=[ann.cookie, ann.cookie.replace("=", '="', 1) + '"'])
        assert response.status == 200
        assert cleared(response) == set()


def test_more_sessions_than_a_browser_comes_by_are_none_and_are_not_read(call: Api, people: People) -> None:
    email = people.verified()
    cookies = [people.sign_in(email).cookie for _ in range(5)]

    response = call(ME, cookies=cookies)

    assert response.status == 401
    assert cleared(response) >= {""}
    assert call.aws_operations == []


def test_a_bearer_token_counts_beside_ambiguous_cookies(call: Api, ann: Person, bob: Person) -> None:
    assert user_of(call(ME, cookies=[ann.cookie, bob.cookie], bearer=ann.token)) == ann.id


def test_signing_out_ends_every_session_sent_and_clears_both_scopes(call: Api, ann: Person, bob: Person) -> None:
    response = call(SIGN_OUT, cookies=[bob.cookie, ann.cookie], headers=OURS)

    assert cleared(response) >= {"", "example.com"}
    assert [user_of(call(ME, cookies=[person.cookie])) for person in (ann, bob)] == [None, None]


def test_a_new_session_replaces_the_cookies_of_every_scope(
    call: Api, settings: Callable[..., None], ann: Person, bob: Person
) -> None:
    settings(cookie_domain="example.com")
    body = {"email": ann.email, "password": PASSWORD}

    response = call(SIGN_IN, json=body, cookies=[ann.cookie, bob.cookie], headers=OURS)

    assert cleared(response) == {"", "api.example.com"}
    assert [cookie for cookie in response.cookies if cookie.startswith(f"{NAME}=") and "Domain=example.com" in cookie]


def test_a_request_with_one_session_cookie_reads_it_once(call: Api, ann: Person) -> None:
    assert call(ME, cookies=[ann.cookie, "theme=dark"]).status == 200
    assert call.aws_operations == ["BatchGetItem"]


def test_the_cached_session_is_found_beside_a_forged_one(
    call: Api, settings: Callable[..., None], people: People
) -> None:
    email = people.verified()
    settings(cookie_cache_age="300")
    sent = call(SIGN_IN, json={"email": email, "password": PASSWORD}).cookies
    token, data = (next(one.partition(";")[0] for one in sent if one.startswith(name)) for name in (NAME, DATA))

    assert call(GET_SESSION, cookies=[token, f"{DATA}=e30", data]).status == 200
    assert call.aws_operations == []


def test_two_cached_sessions_that_differ_count_as_none(
    call: Api, settings: Callable[..., None], people: People, advance_clock: Callable[..., None]
) -> None:
    email = people.verified()
    settings(cookie_cache_age="300")
    first = call(SIGN_IN, json={"email": email, "password": PASSWORD}).cookies
    token, older = (next(one.partition(";")[0] for one in first if one.startswith(name)) for name in (NAME, DATA))
    advance_clock(seconds=5)
    again = call(f"{GET_SESSION}", cookies=[token], query={"disableCookieCache": "true"}).cookies
    newer = next(one.partition(";")[0] for one in again if one.startswith(DATA))

    response = call(GET_SESSION, cookies=[token, older, newer])

    assert user_of(response) is not None
    assert call.aws_operations == ["BatchGetItem"]
    assert cleared(response, DATA) == {"api.example.com", "example.com"}  # for the host it is set anew


def test_a_known_device_is_found_beside_other_cookies(call: Api, settings: Callable[..., None], people: People) -> None:
    ann, bob = people.verified("ann"), people.verified("bob")
    settings(rate_limits="on")
    devices = [
        next(
            cookie.partition(";")[0]
            for cookie in call(SIGN_IN, json={"email": email, "password": PASSWORD}).cookies
            if cookie.startswith(DEVICE)
        )
        for email in (bob, ann)
    ]
    for number in range(10):
        call(SIGN_IN, json={"email": ann, "password": "not the owner's"}, ip=f"10.0.0.{number}")

    body = {"email": ann, "password": PASSWORD}
    assert call(SIGN_IN, json=body, ip="10.0.1.1").status == 429
    for before in (f"{DEVICE}=x.y", devices[0]):
        response = call(SIGN_IN, json=body, cookies=[before, devices[1]], headers=OURS, ip="10.0.1.1")
        assert response.status == 200, response.text


def test_a_sign_in_at_a_provider_continues_beside_a_forged_state_and_not_beside_another(oauth_flow: OAuthFlow) -> None:
    person = {"sub": "1", "email": "ann@gmail.com", "email_verified": True}
    begun = oauth_flow.begin()
    code = oauth_flow.provider.authorize(begun.url, **person)
    assert error_of(oauth_flow.callback(begun, code=code, cookie=f"{STATE}=x; {begun.cookie}")) is None

    other, begun = oauth_flow.begin(), oauth_flow.begin()
    code = oauth_flow.provider.authorize(begun.url, **person)
    response = oauth_flow.callback(begun, code=code, cookie=f"{other.cookie}; {begun.cookie}")
    assert error_of(response) == "state_mismatch"
    assert "" in cleared(response, STATE)


def test_a_signed_cookie_of_any_name_counts_only_when_there_is_one(call: Api) -> None:
    """What other cookies of ours are read by."""
    from starlette.requests import Request  # noqa: PLC0415 -- as the layer imports it

    cookies, keys = layer("http.cookies"), layer("keys")
    assert call
    one, two = (layer("http.cookies").quote(keys.sign(text), safe="") for text in ("one", "two"))

    def read(*values: str) -> str | None:
        header = "; ".join(f"__Secure-gatehouse.x={value}" for value in values)
        scope = {"type": "http", "method": "GET", "headers": [(b"cookie", header.encode())], "state": {}}
        text: str | None = cookies.signed_cookie(Request(scope), "gatehouse.x")
        return text

    assert read() is None
    assert read(one) == "one"
    assert read("x", one, f"{one}x", one) == "one"
    assert read(one, two) is None
