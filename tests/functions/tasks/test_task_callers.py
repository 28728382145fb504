"""Who may call the task routes: those who are signed in, and nobody is asked what they sent before who they are."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import People, Person
from tests.support.routes import API
from tests.support.tables import unchanged
from tests.support.tasks import ALL, CHANGING, CREATE, DELETE, LIST, visit
from tests.support.trouble import UNREACHABLE, failing, refused

TRUSTED = {"origin": "https://app.example.com"}
OUTAGES = [UNREACHABLE, refused("ThrottlingException"), refused("InternalServerError", 500)]
GARBAGE = ["", "x", "x" * 101, "x" * 100_000, "é", "a.b", "a.b.c", "%00", "null", "0" * 36 + "A" * 64]


def answers(call: Api, routes: tuple[str, ...], **request: Any) -> set[tuple[int, str | None]]:
    """The different answers that the routes gave to one kind of request."""
    return {(answer.status, answer.code) for answer in (visit(call, route, **request) for route in routes)}


def test_these_are_all_task_routes() -> None:
    assert set(ALL) == {route for route in API if "/tasks" in route}


@pytest.mark.parametrize("route", ALL)
def test_without_a_token_nobody_gets_in(call: Api, route: str) -> None:
    answer = visit(call, route)

    assert (answer.status, answer.code) == (401, "MISSING_TOKEN")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse"'
    assert set(answer.json) == {"code", "message", "requestId"}
    assert call.calls == []


@pytest.mark.parametrize("token", GARBAGE, ids=lambda text: ascii(text)[:20])
def test_garbage_is_refused_without_a_read(call: Api, token: str) -> None:
    assert answers(call, ALL, bearer=token) == {(401, "INVALID_TOKEN")}
    assert call.calls == []


@pytest.mark.parametrize("scheme", ["Basic YTpi", "Bearer", "Token x", ""])
def test_another_scheme_is_no_token(call: Api, scheme: str) -> None:
    answer = visit(call, LIST, headers={"authorization": scheme})

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_a_wrong_secret_is_refused(call: Api, ann: Person) -> None:
    forged = ann.token[:-1] + ("A" if ann.token[-1] != "A" else "B")

    assert answers(call, ALL, bearer=forged, owner=ann.id) == {(401, "INVALID_TOKEN")}


def test_the_session_of_one_with_the_name_of_another_is_refused(call: Api, ann: Person, bob: Person) -> None:
    assert answers(call, ALL, bearer=bob.id + ann.token[36:], owner=bob.id) == {(401, "INVALID_TOKEN")}


def test_an_expired_session_says_so(call: Api, ann: Person, later: Callable[..., None]) -> None:
    later(days=7, seconds=1)

    assert answers(call, ALL, bearer=ann.token, owner=ann.id) == {(401, "TOKEN_EXPIRED")}
    assert "invalid_token" in visit(call, LIST, bearer=ann.token).headers["www-authenticate"]


def test_signing_out_ends_the_token_at_once(call: Api, ann: Person) -> None:
    call("POST /api/auth/sign-out", bearer=ann.token)

    assert answers(call, ALL, bearer=ann.token, owner=ann.id) == {(401, "INVALID_TOKEN")}


def test_a_sign_out_elsewhere_leaves_this_session_alone(call: Api, people: People, ann: Person) -> None:
    call("POST /api/auth/sign-out", bearer=people.sign_in(ann.email).token)

    assert visit(call, LIST, bearer=ann.token).status == 200


@pytest.mark.parametrize("body", ["{", "[]", '{"title": ""}', "x" * 300_000])
def test_who_calls_is_settled_before_what_they_sent(call: Api, body: str) -> None:
    assert answers(call, CHANGING, body=body, bearer="x") == {(401, "INVALID_TOKEN")}
    assert answers(call, CHANGING, body=body) == {(401, "MISSING_TOKEN")}


def test_a_bad_query_is_401_first(call: Api) -> None:
    assert visit(call, LIST, query="limit=0").status == 401


def test_the_cookie_works_from_a_trusted_page(call: Api, ann: Person, task: dict[str, Any]) -> None:
    request = {"cookies": [ann.cookie], "headers": TRUSTED, "owner": ann.id, "task": task["id"]}

    lasting = [route for route in ALL if "DELETE" not in route and "delete" not in route]
    for route in (*lasting, DELETE):
        assert visit(call, route, **request).status in {200, 201, 204}, route


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MISSING_OR_NULL_ORIGIN"),
        ({"origin": "null"}, "MISSING_OR_NULL_ORIGIN"),
        ({"origin": "https://evil.example"}, "INVALID_ORIGIN"),
        ({"origin": "http://app.example.com"}, "INVALID_ORIGIN"),
        ({"origin": "https://app.example.com.evil.example"}, "INVALID_ORIGIN"),
        ({"referer": "https://evil.example/https://app.example.com"}, "INVALID_ORIGIN"),
    ],
    ids=str,
)
def test_the_cookie_changes_nothing_from_elsewhere(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api, cloud: Cloud, ann: Person, task: dict[str, Any], headers: dict[str, str], code: str
) -> None:
    with unchanged(cloud):
        request = {"cookies": [ann.cookie], "headers": headers, "owner": ann.id, "task": task["id"]}
        assert answers(call, CHANGING, **request) == {(403, code)}


def test_reading_with_the_cookie_needs_no_origin(call: Api, ann: Person) -> None:
    assert visit(call, LIST, cookies=[ann.cookie]).status == 200


@pytest.mark.parametrize("error", OUTAGES, ids=str)
def test_an_outage_is_no_sign_out(call: Api, ann: Person, error: Exception) -> None:
    with failing(error):
        assert answers(call, (LIST, CREATE), bearer=ann.token) == {(503, "SERVICE_UNAVAILABLE")}
