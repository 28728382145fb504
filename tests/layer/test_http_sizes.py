"""Sizes at the edge: of every body before anything reads it, and of every `Location` that comes back."""

import ast
from base64 import b64encode
from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import FUNCTIONS, OURS, each, function, send_request
from tests.support.calls import Api, Response
from tests.support.events import event_for
from tests.support.layer import layer
from tests.support.layout import handler_modules, layer_modules
from tests.support.routes import API, PAGES
from tests.support.settings_usage import reachable
from tests.support.slow import one_in
from tests.support.tables import all_rows, rows

KIB = 1024
CALLBACK = "POST /api/auth/callback/{provider}"
BROWSER = {"accept": "text/html"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
LONGEST_LOCATION = 8192  # API Gateway accepts 10 KB of headers
TOO_LARGE = (413, "PAYLOAD_TOO_LARGE")
REDIRECTING = {
    module.path.parent
    for module in handler_modules()
    if ("gatehouse.http.origin", "encode_location") in reachable(module)
}
TARGETS = {"callbackURL", "callbackUrl", "redirectTo", "redirect"}
SENT_BACK = {"token", "code", "state", "iss", "error", "error_description", "x"}


def limit(route: str) -> int:
    """Return how many bytes a body of this route may have."""
    kib: dict[object, int] = {
        "OauthCallback": 16,
        "BulkTasks": 2560,
        "VerifyRegistration": 32,
        "VerifyAuthentication": 32,
    }
    return kib.get(function(route), 256) * KIB


def outcome(response: Response) -> tuple[int, str | None]:
    """Return status and code."""
    return response.status, response.code if response.status >= 400 else None


# -- Bodies ---------------------------------------------------------------------------


@each(sorted(API | PAGES), function)
def test_a_body_that_is_too_large_is_refused_before_anything_else(call: Api, cloud: Cloud, route: str) -> None:
    """Whatever its content type, whoever sends it: before the caller, the origin and the limits."""
    for headers in (FORM, {"content-type": "application/json"}, {}, {"origin": "https://evil.example"}):
        response = send_request(call, route, body="x" * (limit(route) + 1), headers=headers)
        assert (outcome(response), call.aws_operations) == (TOO_LARGE, []), headers

    assert not any(all_rows(cloud).values())


@each(sorted(API), function)
def test_a_body_of_the_largest_size_is_read(call: Api, route: str) -> None:
    response = send_request(call, route, body="x" * limit(route))

    assert response.status != 413


@pytest.mark.parametrize("size", [-1, 0, 1])
def test_bytes_are_counted_however_the_body_is_encoded(call: Api, size: int) -> None:
    route = "POST /api/auth/sign-out"
    length = 256 * KIB + size
    status = 413 if size > 0 else 415
    encoded = event_for(route, body=b64encode(b"x" * length).decode(), headers=OURS) | {"isBase64Encoded": True}
    two_bytes_each = event_for(route, body="\u00e9" * (length // 2) + "x" * (length % 2), headers=OURS)

    for event in (encoded, two_bytes_each):
        assert call.invoke("SignOut", event)["statusCode"] == status


def test_a_refused_size_is_not_counted(call: Api, settings: Callable[..., None], cloud: Cloud) -> None:
    settings(rate_limits="on")

    for _ in range(5):
        assert outcome(call("POST /api/auth/sign-in/email", body="x" * 300_000)) == TOO_LARGE

    assert rows(cloud, "LimitsTable") == []


def test_the_refusal_says_how_much_is_accepted(call: Api) -> None:
    for route in ("POST /api/auth/sign-up/email", CALLBACK):
        message = send_request(call, route, body="x" * 300_000).json["message"]
        assert message == f"The request body is larger than {limit(route) // KIB} KiB."


# -- The callback of a provider ---------------------------------------------------------


def post_callback(call: Api, body: str, provider: str = "google", **request: Any) -> Response:
    """Post a form to the callback."""
    return call(CALLBACK, provider=provider, body=body, headers=FORM, **request)


@pytest.mark.usefixtures("google")
def test_a_form_of_megabytes_costs_no_processor(call: Api) -> None:
    """It took seconds to be parsed, for anybody."""
    for body in ("a=b&" * 1_100_000, "a&" * 2_200_000, "code=" + "%ff" * 1_466_000):
        began = process_time()
        assert outcome(post_callback(call, body)) == TOO_LARGE
        assert process_time() - began < 0.1


@pytest.mark.usefixtures("google")
def test_a_form_has_twenty_fields_of_four_kilobytes(call: Api) -> None:
    largest = "&".join(["state=s", *(f"a{number}=b" for number in range(19))])
    assert post_callback(call, largest).headers["location"] == "/api/auth/callback/google?state=s"
    assert post_callback(call, "state=s&user=" + "x" * 4096).status == 302
    assert post_callback(call, "state=s&user=" + "%20" * 4096).status == 302

    for body in (largest + "&b", "&" * 20, "user=" + "x" * 4097, "x" * 4097, "user=" + "%20" * 4097):
        assert outcome(post_callback(call, body)) == (400, "VALIDATION_ERROR"), body[:50]


@pytest.mark.usefixtures("google")
@pytest.mark.parametrize("character", ["x", "%20", "%ff", "%22", "\u00e9"])
def test_what_a_form_sends_back_is_bounded(call: Api, character: str) -> None:
    for length in (1000, 2000, 4000):
        body = "&".join(f"{name}={character * (length // len(character) // 2)}" for name in ("code", "state", "iss"))
        response = post_callback(call, body)
        assert response.status in {302, 400, 413}
        assert len(response.headers.get("location", "")) <= LONGEST_LOCATION


@pytest.mark.usefixtures("google")
def test_an_unknown_provider_is_not_found_before_anything_is_parsed(
    call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer("api.oauth.callback"), "parse_qsl", lambda *_, **__: pytest.fail("parsed"))

    for provider in ("x", "GOOGLE", "oidc", "google%20", "\u00fc"):
        response = post_callback(call, "&" * 30, provider)
        assert (outcome(response), call.aws_operations) == ((404, "PROVIDER_NOT_FOUND"), [])
        response = call(CALLBACK.replace("POST", "GET"), provider=provider, query={"state": "x", "code": "x"})
        assert (outcome(response), call.aws_operations) == ((404, "PROVIDER_NOT_FOUND"), [])

    assert not any(all_rows(cloud).values())


@pytest.mark.usefixtures("google")
def test_returns_from_providers_are_counted_by_address_over_all_routes(
    call: Api, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(rate_limits="on")
    aliases = ("GET /api/auth/callback/{provider}", CALLBACK, "GET /api/auth/oauth/google/callback")

    def come_back(number: int, ip: str = "198.51.100.1") -> int:
        route = aliases[number % 3]
        path = {"provider": "google"} if "{" in route else {}
        return call(route, query={"state": "x"}, ip=ip, **path).status

    statuses = [come_back(number) for number in range(14)]
    assert 429 not in statuses[:10]
    assert set(statuses[10:]) == {429}
    assert come_back(0, "198.51.100.2") == 302
    advance_clock(seconds=10)
    assert come_back(0) == 302


# -- What comes back in a Location -------------------------------------------------------


@pytest.mark.usefixtures("google")
@pytest.mark.parametrize(
    "route", one_in(3, [(route,) for route, one in sorted(FUNCTIONS.items()) if one.folder in REDIRECTING])
)
def test_no_route_sends_back_more_than_fits(call: Api, route: str) -> None:
    """Of all functions that redirect: API Gateway would answer 500 for the response."""
    names = ("provider", "token")
    path = {name: "google" if name == "provider" else "x" * 2000 for name in names if f"{{{name}}}" in route}
    texts = [start + text * size for start in ("/", "") for text in ("x", "\u00e9", "%", '"') for size in (500, 2500)]

    for query in (dict.fromkeys(sent, text) for text in texts for sent in (TARGETS | SENT_BACK, SENT_BACK)):
        response = call(route, query=query, headers=OURS | FORM | BROWSER, **path)
        assert response.status < 500
        assert len(response.headers.get("location", "")) <= LONGEST_LOCATION


def test_a_link_with_a_token_that_does_not_fit_is_refused(call: Api) -> None:
    """Nothing that was mailed is so long."""
    link = "GET /api/auth/verify-email"

    assert call(link, query={"token": "x" * 2500}, headers=BROWSER).status == 302
    assert outcome(call(link, query={"token": "\u00e9" * 2500}, headers=BROWSER)) == (400, "VALIDATION_ERROR")


def test_every_location_is_bounded_in_one_place() -> None:
    """In the layer and the handlers, nothing else sets one."""
    found = {
        f"{module}:{value.lineno}"
        for module in (*layer_modules(), *handler_modules())
        for node in ast.walk(module.tree)
        for value in _locations(node)
        if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "encode_location")
    }

    assert found == set()


def _locations(node: ast.AST) -> list[ast.expr]:
    """Return the values that a node stores under the name `location`."""
    match node:
        case ast.Dict():
            pairs = list(zip(node.keys, node.values, strict=True))
            return [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "location"]
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value="location"))], value=value):
            return [value]
    return []


def test_a_location_has_eight_kilobytes(call: Api) -> None:
    assert call
    encode, invalid = layer("http.origin").encode_location, layer("errors").InvalidInput

    assert len(encode("/" + "x" * (LONGEST_LOCATION - 1))) == LONGEST_LOCATION
    for url in ("/" + "x" * LONGEST_LOCATION, "/" + "\u00e9" * 1500):
        with pytest.raises(invalid):
            encode(url)
