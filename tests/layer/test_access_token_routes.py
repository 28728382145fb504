"""JWTs are accepted for tasks, and to show or end their session. Changing an account needs the session itself."""

import runpy
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.layer.devices import Device, sign_in_device
from tests.layer.every_route import OURS, all_of, authorized_request, each, send_request
from tests.support.calls import Api
from tests.support.people import PASSWORD, People
from tests.support.routes import ADMITTING_JWT, OF_TASKS, PUBLIC, REFUSING_JWT, SHOWS_SESSION, SIGNS_OUT

IDENTIFYING = {  # public, but the response depends on the caller
    "POST /api/auth/send-verification-email",
    "POST /api/auth/resend-verification",
    "GET /api/auth/delete-user/callback",
}
DELETE_USER, REFRESH = "POST /api/auth/delete-user", "POST /api/auth/refresh"


@pytest.fixture
def device(call: Api, people: People) -> Device:
    """A device on which Ann signed in."""
    return sign_in_device(call, people.verified())


def test_the_policies_admit_access_tokens_on_exactly_these_routes(running_cloud: Cloud, template: Template) -> None:
    assert running_cloud
    entries = {name: one.entry for name, one in template.functions.items() if one.routes}
    policies = {name: runpy.run_path(str(path))[handler].policy for name, (path, handler) in entries.items()}

    assert {route.key for route in template.routes if policies[route.function].admits_access_tokens} == ADMITTING_JWT


@each(sorted(OF_TASKS))
def test_an_access_token_is_accepted_by_every_task_route(call: Api, device: Device, route: str) -> None:
    assert authorized_request(call, route, device.user_id, bearer=device.jwt).status not in {401, 403, 500}


@each(REFUSING_JWT)
def test_an_access_token_is_refused_by_all_other_protected_routes(call: Api, device: Device, route: str) -> None:
    """403, because a client responses 401 by refreshing, in vain."""
    response = authorized_request(call, route, device.user_id, bearer=device.jwt)

    assert (response.status, response.code) == (403, "SESSION_REQUIRED")
    assert "www-authenticate" not in response.headers
    assert authorized_request(call, route, device.user_id, bearer=device.token).code != "SESSION_REQUIRED"


def query_of(route: str) -> dict[str, str] | None:
    """Return a query that the route accepts."""
    return {"token": "x"} if route.startswith("GET") and "callback" not in route else None


@pytest.mark.parametrize("route", sorted(IDENTIFYING))
def test_public_routes_that_identify_the_caller_refuse_it_as_well(call: Api, device: Device, route: str) -> None:
    sent: dict[str, Any] = {"json": {"email": "ann@example.com"}} if route.startswith("POST") else {}
    response = send_request(call, route, bearer=device.jwt, query={"token": "x"}, **sent)

    assert (response.status, response.code) == (403, "SESSION_REQUIRED")


@all_of(sorted(PUBLIC - ADMITTING_JWT - IDENTIFYING))
def test_other_public_routes_ignore_it(call: Api, device: Device, routes: list[str]) -> None:
    for route in routes:
        sent: dict[str, Any] = {"query": query_of(route), "json": None if route.startswith("GET") else {}}
        without, beside = send_request(call, route, **sent), send_request(call, route, bearer=device.jwt, **sent)

        assert (beside.status, beside.code) == (without.status, without.code), route


@pytest.mark.parametrize("route", sorted(SHOWS_SESSION))
def test_it_returns_its_session(call: Api, device: Device, route: str) -> None:
    assert call(route, bearer=device.jwt).json["user"]["id"] == device.user_id


@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize("route", sorted(SIGNS_OUT))
def test_it_ends_only_its_own_session_even_when_expired(
    call: Api,
    device: Device,
    advance_clock: Callable[..., None],
    route: str,
    expired: bool,  # noqa: FBT001 -- a case
) -> None:
    other = sign_in_device(call, "ann@example.com")
    advance_clock(seconds=1000 if expired else 0)

    assert call(route, bearer=device.jwt).status == 200

    assert call("GET /api/auth/list-accounts", bearer=device.token).status == 401
    assert call("GET /api/auth/list-accounts", bearer=other.token).status == 200


def test_a_cookie_beside_it_is_accepted(call: Api, device: Device) -> None:
    response = call("GET /api/auth/list-accounts", bearer=device.jwt, cookies=[device.cookie])

    assert response.status == 200


def test_the_cookie_of_another_user_beside_it_is_refused(call: Api, people: People, device: Device) -> None:
    """A page with the data of one user must not delete another."""
    bob = people.signed_in("bob")
    sent: dict[str, Any] = {"json": {"password": PASSWORD}, "cookies": [bob.cookie], "headers": OURS}

    response = call(DELETE_USER, bearer=device.jwt, **sent)

    assert (response.status, response.code) == (403, "SESSION_REQUIRED")
    assert call("GET /api/auth/me", bearer=bob.token).status == 200


def test_with_an_invalid_cookie_it_is_refused(call: Api, device: Device) -> None:
    garbage = device.cookie.partition("=")[0] + "=garbage"

    response = call("GET /api/auth/list-accounts", bearer=device.jwt, cookies=[garbage])

    assert response.code == "SESSION_REQUIRED"


def test_an_invalid_or_expired_one_is_401(call: Api, device: Device, advance_clock: Callable[..., None]) -> None:
    forged = device.jwt[:-4] + "AAAA"
    assert call("GET /api/auth/list-accounts", bearer=forged).status == 401
    advance_clock(seconds=1000)

    assert call("GET /api/auth/list-accounts", bearer=device.jwt).json["details"] == {"reason": "TOKEN_EXPIRED"}


def test_refresh_ignores_a_jwt(call: Api, people: People, device: Device) -> None:
    bob = sign_in_device(call, people.verified("bob"))

    refreshed = call(REFRESH, bearer=bob.jwt, json={"refresh_token": device.refresh})
    alone = call(REFRESH, bearer=bob.jwt, json={})
    by_cookie = call(REFRESH, bearer=bob.jwt, json={}, cookies=[device.cookie], headers=OURS)

    assert refreshed.json["user"]["id"] == device.user_id
    assert (alone.status, alone.code) == (400, "VALIDATION_ERROR")
    assert by_cookie.json["user"]["id"] == device.user_id
