"""The client's address: what API Gateway saw, or what the service's own edge says, which shows a secret."""

import ast
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from tests.layer.conftest import Log
from tests.support.calls import Api
from tests.support.layout import layer_modules
from tests.support.people import PASSWORD, People

SECRET, NEXT_SECRET = "an edge's long secret", "the one that follows"
EDGE, VIEWER = "203.0.113.99", "198.51.100.7"
FORWARDED, CLOUDFRONT = "x-forwarded-for", "cloudfront-viewer-address"
PROVES = {"x-origin-verify": SECRET}
SIGN_IN = "POST /api/auth/sign-in/email"


@pytest.fixture
def behind_edge(settings: Callable[..., None]) -> Callable[..., None]:
    """Say which header has the client's address, and what the edge shows."""

    def change(header: str = FORWARDED, secrets: tuple[str, ...] = (SECRET,)) -> None:
        hashes = [sha256(secret.encode()).hexdigest() for secret in secrets]
        settings(trusted_proxy=",".join([header, *(f"x-origin-verify={digest}" for digest in hashes)]))

    return change


def address_seen(call: Api, log: Log, **request: Any) -> str:
    """Return the address in the log line of a request that comes from the edge."""
    call("GET /api/auth/ok", **{"ip": EDGE} | request)
    return str(log.lines[-1]["ip"])


def test_by_default_the_address_is_what_api_gateway_saw(call: Api, log: Log) -> None:
    assert address_seen(call, log, headers={FORWARDED: VIEWER, CLOUDFRONT: f"{VIEWER}:1", **PROVES}) == EDGE


def test_the_edge_names_the_address(call: Api, log: Log, behind_edge: Callable[..., None]) -> None:
    behind_edge()

    assert address_seen(call, log, headers={FORWARDED: VIEWER, **PROVES}) == VIEWER


@pytest.mark.parametrize(
    "headers",
    [
        {FORWARDED: VIEWER},
        {FORWARDED: VIEWER, "x-origin-verify": ""},
        {FORWARDED: VIEWER, "x-origin-verify": "a guess"},
        {FORWARDED: VIEWER, "x-origin-verify": f"{SECRET},{SECRET}"},
        {FORWARDED: VIEWER, "x-origin-verify": sha256(SECRET.encode()).hexdigest()},
        {FORWARDED: VIEWER, "x-origin-verify": "\u00e9"},
        {FORWARDED: VIEWER, "x-other": SECRET},
        PROVES,
        {CLOUDFRONT: f"{VIEWER}:1", **PROVES},
    ],
    ids=str,
)
def test_without_both_headers_it_is_what_api_gateway_saw(
    call: Api, log: Log, behind_edge: Callable[..., None], headers: dict[str, str]
) -> None:
    """Whoever reaches API Gateway past the edge cannot say who they are."""
    behind_edge()

    assert address_seen(call, log, headers=headers) == EDGE


def test_two_secrets_are_accepted_while_they_change(call: Api, log: Log, behind_edge: Callable[..., None]) -> None:
    behind_edge(secrets=(NEXT_SECRET, SECRET))

    for secret in (SECRET, NEXT_SECRET):
        assert address_seen(call, log, headers={FORWARDED: VIEWER, "x-origin-verify": secret}) == VIEWER


def test_an_empty_secret_is_none(call: Api, log: Log, behind_edge: Callable[..., None]) -> None:
    """As when the variable was empty that an operator hashed."""
    behind_edge(secrets=("",))

    for headers in ({}, {"x-origin-verify": ""}):
        assert address_seen(call, log, headers=headers | {FORWARDED: VIEWER}) == EDGE


@pytest.mark.parametrize(
    ("header", "value", "address"),
    [
        (FORWARDED, f"1.1.1.1, {VIEWER}", VIEWER),
        (FORWARDED, f"1.1.1.1,2.2.2.2,{VIEWER}, {EDGE}", VIEWER),  # API Gateway adds whom it saw
        (FORWARDED, f"{VIEWER}, {EDGE}, {EDGE}", EDGE),  # and adds it once
        (FORWARDED, f" {VIEWER} ", VIEWER),
        (FORWARDED, f"{VIEWER}:51234", VIEWER),
        (FORWARDED, "2001:DB8::0:1", "2001:db8::1"),
        (FORWARDED, "[2001:db8::1]", "2001:db8::1"),
        (FORWARDED, "[2001:db8::1]:51234", "2001:db8::1"),
        (FORWARDED, f"::ffff:{VIEWER}", VIEWER),
        (CLOUDFRONT, f"{VIEWER}:46532", VIEWER),
        (CLOUDFRONT, "2001:db8::1:46532", "2001:db8::1"),
        (CLOUDFRONT, "2001:db8:1:2:3:4:5:6:443", "2001:db8:1:2:3:4:5:6"),
        (CLOUDFRONT, "[2001:db8::1]:443", "2001:db8::1"),
        ("cf-connecting-ip", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_each_form_of_an_address_is_read(  # noqa: PLR0917 -- three fixtures and three columns
    call: Api, log: Log, behind_edge: Callable[..., None], header: str, value: str, address: str
) -> None:
    """Of a list the rightmost, which the edge itself added: the others are the client's own words."""
    behind_edge(header)

    assert address_seen(call, log, headers={header: value, **PROVES}) == address


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            ",",
            f"{VIEWER},",
            EDGE,
            "unknown",
            "_hidden",
            "localhost",
            "198.51.100",
            "198.51.100.256",
            "0x7f.1",
        ),
        *(f"{VIEWER}:port:1", "[2001:db8::1", "2001:db8::1]", "[2001:db8::1]x", f"[{VIEWER}]x", ":443", "2001:db8:::1"),
        *("fe80::1%eth0", "fe80::1%" + "x" * 500, f"{VIEWER} {VIEWER}", f"{VIEWER}/24", "\u0661.1.1.1", "9" * 5000),
    ],
)
def test_a_malformed_address_is_not_used(call: Api, log: Log, behind_edge: Callable[..., None], value: str) -> None:
    behind_edge()

    assert address_seen(call, log, headers={FORWARDED: value, **PROVES}) == EDGE


@pytest.mark.parametrize(
    ("seen", "address"), [(f"{EDGE}:40000", EDGE), ("[2001:db8::1]:40000", "2001:db8::1"), ("", ""), ("local", "local")]
)
def test_a_port_beside_what_api_gateway_saw_is_left_out(call: Api, log: Log, seen: str, address: str) -> None:
    """With mutual TLS API Gateway gives the port, too: each connection would be another client to the limits."""
    assert address_seen(call, log, ip=seen) == address


def test_limits_and_sessions_have_the_address_from_the_edge(
    call: Api, people: People, settings: Callable[..., None], behind_edge: Callable[..., None]
) -> None:
    """Through one edge, everybody has a limit of their own, and sees where their sessions began."""
    body = {"email": people.verified(), "password": PASSWORD}
    settings(rate_limits="on")
    behind_edge()

    def sign_in(viewer: str) -> Any:
        return call(SIGN_IN, json=body, ip=EDGE, headers={FORWARDED: f"6.6.6.6, {viewer}", **PROVES})

    assert [sign_in(VIEWER).status for _ in range(4)] == [200] * 3 + [429]
    other = sign_in("198.51.100.8")
    assert other.status == 200
    listed = call("GET /api/auth/list-sessions", bearer=other.json["token"]).json
    assert [session["ipAddress"] for session in listed] == [VIEWER] * 3 + ["198.51.100.8"]


def test_only_one_module_reads_the_address_of_a_request() -> None:
    """A function that read it elsewhere would see the edge's."""
    reading = {
        module.name
        for module in layer_modules()
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Attribute) and ast.unparse(node) == "request.client")
        or (isinstance(node, ast.Constant) and node.value in {"sourceIp", "x-forwarded-for"})
    }

    assert reading - {"gatehouse.http.handler"} == {"gatehouse.http.client_address"}
