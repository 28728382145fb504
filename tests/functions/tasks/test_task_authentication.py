"""Authentication of the task routes, which comes before validation."""

from collections.abc import Callable
from typing import Any

from gatehouse_dev.cloud import Cloud
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api
from tests.support.people import People, Person
from tests.support.routes import API
from tests.support.slow import some_and_all
from tests.support.tables import tables_unchanged
from tests.support.tasks import ALL_ROUTES, CREATE, DELETE, LIST, WRITE_ROUTES, call_task_route, with_user_id

SOME = (LIST, CREATE, with_user_id(DELETE))
UNTRUSTED: list[tuple[dict[str, str], str]] = [
    *(({}, "MISSING_OR_NULL_ORIGIN"), ({"origin": "null"}, "MISSING_OR_NULL_ORIGIN")),
    *(({"origin": site}, "INVALID_ORIGIN") for site in ("https://evil.example", "http://app.example.com")),
    ({"origin": "https://app.example.com.evil.example"}, "INVALID_ORIGIN"),
    ({"referer": "https://evil.example/https://app.example.com"}, "INVALID_ORIGIN"),
]
TRUSTED = {"origin": "https://app.example.com"}
OUTAGES = [UNREACHABLE, client_error("ThrottlingException"), client_error("InternalServerError", 500)]
MALFORMED = ["", "x", "x" * 101, "x" * 100_000, "é", "a.b", "a.b.c", "%00", "null", "0" * 36 + "A" * 64]


def responses(call: Api, routes: tuple[str, ...], **request: Any) -> set[tuple[int, str | None]]:
    """Return the different responses of the routes to the same request."""
    return {
        (response.status, response.code) for response in (call_task_route(call, route, **request) for route in routes)
    }


def test_all_task_routes_are_tested() -> None:
    assert set(ALL_ROUTES) == {route for route in API if "/tasks" in route}


def test_a_request_without_token_is_refused(call: Api) -> None:
    for route in ALL_ROUTES:
        response = call_task_route(call, route)
        assert (response.status, response.code, call.aws_operations) == (401, "MISSING_TOKEN", []), route
        assert response.headers["www-authenticate"] == 'Bearer realm="gatehouse"'
        assert set(response.json) == {"code", "message", "requestId"}


@some_and_all("routes", SOME, ALL_ROUTES)
def test_a_malformed_token_is_refused_without_a_read(call: Api, routes: tuple[str, ...]) -> None:
    for token in MALFORMED:
        for route in routes:
            assert responses(call, (route,), bearer=token) == {(401, "INVALID_TOKEN")}, token[:20]
            assert call.aws_operations == []


def test_another_scheme_is_no_token(call: Api) -> None:
    for scheme in ("Basic YTpi", "Bearer", "Token x", ""):
        response = call_task_route(call, LIST, headers={"authorization": scheme})
        assert (response.status, response.headers["www-authenticate"].split()[0]) == (401, "Bearer"), scheme


@some_and_all("routes", SOME, ALL_ROUTES)
def test_an_invalid_or_ended_session_is_refused(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, people: People, ann: Person, bob: Person, advance_clock: Callable[..., None], routes: tuple[str, ...]
) -> None:
    """With a wrong secret or another user's id, signed out, and expired."""
    signed_out = people.sign_in(ann.email)
    call("POST /api/auth/sign-out", bearer=signed_out.token)
    forged = ann.token[:-1] + ("A" if ann.token[-1] != "A" else "B")

    for token, owner in ((forged, ann), (bob.id + ann.token[36:], bob), (signed_out.token, ann)):
        assert responses(call, routes, bearer=token, owner=owner.id) == {(401, "INVALID_TOKEN")}
    assert call_task_route(call, LIST, bearer=ann.token).status == 200

    advance_clock(days=7, seconds=1)
    assert responses(call, routes, bearer=ann.token, owner=ann.id) == {(401, "TOKEN_EXPIRED")}
    assert "invalid_token" in call_task_route(call, LIST, bearer=ann.token).headers["www-authenticate"]


@some_and_all("routes", (CREATE,), WRITE_ROUTES)
def test_authentication_comes_before_validation(call: Api, routes: tuple[str, ...]) -> None:
    for body in ("{", "[]", '{"title": ""}', "x" * 262_144):
        assert responses(call, routes, body=body, bearer="x") == {(401, "INVALID_TOKEN")}
        assert responses(call, routes, body=body) == {(401, "MISSING_TOKEN")}
    assert call_task_route(call, LIST, query="limit=0").status == 401


def test_a_cookie_is_accepted_from_a_trusted_origin(call: Api, ann: Person, task: dict[str, Any]) -> None:
    request = {"cookies": [ann.cookie], "headers": TRUSTED, "owner": ann.id, "task": task["id"]}

    others = [route for route in ALL_ROUTES if "DELETE" not in route and "delete" not in route]
    for route in (*others, DELETE):
        assert call_task_route(call, route, **request).status in {200, 201, 204}, route


@some_and_all("routes", (CREATE, DELETE), WRITE_ROUTES)
def test_a_cookie_from_an_untrusted_origin_is_refused(
    call: Api, cloud: Cloud, ann: Person, task: dict[str, Any], routes: tuple[str, ...]
) -> None:
    with tables_unchanged(cloud):
        for headers, code in UNTRUSTED:
            request = {"cookies": [ann.cookie], "headers": headers, "owner": ann.id, "task": task["id"]}
            assert responses(call, routes, **request) == {(403, code)}, headers


def test_reading_with_a_cookie_needs_no_origin(call: Api, ann: Person) -> None:
    assert call_task_route(call, LIST, cookies=[ann.cookie]).status == 200


def test_an_outage_is_not_reported_as_an_invalid_session(call: Api, ann: Person) -> None:
    for error in OUTAGES:
        with failing_calls(error):
            assert responses(call, (LIST, CREATE), bearer=ann.token) == {(503, "SERVICE_UNAVAILABLE")}, error
