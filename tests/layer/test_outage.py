"""Outages of DynamoDB: the response is 503, and nobody is signed in, out or up."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.conftest import Log
from tests.layer.every_route import all_of, authorized_request, function, send_request
from tests.support.auth_calls import request_reset, sign_up
from tests.support.authenticator import Authenticator
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.passkeys import RELATED, Passkeys
from tests.support.people import PASSWORD, People
from tests.support.routes import PROTECTED, PUBLIC
from tests.support.tables import all_rows

OUTAGES = {"unreachable": UNREACHABLE} | {
    code: client_error(code, status)
    for code, status in {
        "ThrottlingException": 400,
        "ProvisionedThroughputExceededException": 400,
        "RequestLimitExceeded": 400,
        "InternalServerError": 500,
    }.items()
}
NO_TABLE = {
    "GET /api/auth/ok",
    "GET /api/auth/error",
    "GET /api/auth/unsubscribe",
    "POST /api/auth/callback/{provider}",
    RELATED,
}
outages = pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
on_every_route = pytest.mark.parametrize("outage", [OUTAGES["unreachable"], OUTAGES["ThrottlingException"]], ids=str)


def assert_unavailable(response: Response) -> None:
    """Assert a refusal with status 503, without details."""
    assert (response.status, response.code, response.cookies) == (503, "SERVICE_UNAVAILABLE", [])
    assert set(response.json) == {"code", "message", "requestId"}
    assert "set-auth-token" not in response.headers
    assert "dynamo" not in response.text.lower()


@on_every_route
@all_of(PROTECTED)
def test_protected_routes_refuse_access_and_end_no_session(
    call: Api, people: People, routes: list[str], outage: Exception
) -> None:
    """503 and not 401, so that clients keep their session."""
    ann = people.signed_in()

    for route in routes:
        with failing_calls(outage):
            assert_unavailable(authorized_request(call, route, ann.id, bearer=ann.token))

    assert call("GET /api/auth/me", bearer=ann.token).status == 200


@on_every_route
@all_of(sorted(PUBLIC - NO_TABLE), function)
def test_every_open_route_that_needs_a_table_is_unavailable(  # noqa: PLR0917 -- four fixtures and a case
    call: Api,
    mailbox: Mailbox,
    cloud: Cloud,
    settings: Callable[..., None],
    routes: list[str],
    outage: Exception,
) -> None:
    settings(google_client_id="client-1")
    ann = People(call).signed_in()
    reset = request_reset(call, mailbox, ann.email)
    sign_up(call, "bob@example.com")
    token = mailbox.to("bob@example.com")[-1].token
    login = call("POST /api/auth/login", json={"email": ann.email, "password": PASSWORD}).json
    unsubscribe = layer("tokens.unsubscribing").unsubscribe_token(ann.id, ann.email)
    before = all_rows(cloud)
    body = {
        "email": ann.email,
        "password": PASSWORD,
        "refresh_token": login["refresh_token"],
        "provider": "google",
        "newPassword": PASSWORD,
        "code": "123456",
        "id": "x" * 22,
        "response": Authenticator().authenticate(Passkeys(call=call).options()),
    }

    for route in routes:
        posted = body | {"token": reset if "reset-password" in route else token}
        in_query = {"token": unsubscribe if "unsubscribe" in route else token, "callbackURL": "/", "state": "x"}
        in_query |= {"authorizationURL": "https://provider.example/?state=x"}
        path = {"token": reset} if "{token}" in route else {"provider": "google"} if "{provider}" in route else {}
        with failing_calls(outage):
            response = send_request(
                call,
                route,
                json=None if route.startswith("GET") else posted,
                query=in_query if route.startswith("GET") or "unsubscribe" in route else None,
                bearer=ann.token,
                **path,
            )
        assert_unavailable(response)

    assert all_rows(cloud) == before


@outages
def test_an_outage_at_the_last_write_signs_nobody_in(call: Api, people: People, outage: Exception) -> None:
    email = people.verified()

    with failing_calls(outage, "PutItem", "TransactWriteItems"):
        assert_unavailable(call("POST /api/auth/sign-in/email", json={"email": email, "password": PASSWORD}))


def test_an_outage_of_secrets_manager_signs_nobody_in(call: Api, people: People) -> None:
    email = people.verified()
    secret = layer("keys.secret")
    secret.derived_key.cache_clear()
    secret._secret_value.cache_clear()

    with failing_calls(UNREACHABLE, "GetSecretValue"):
        response = call("POST /api/auth/sign-in/email", json={"email": email, "password": PASSWORD})

    assert_unavailable(response)


def test_an_outage_is_logged_once(call: Api, log: Log) -> None:
    with failing_calls(UNREACHABLE):
        call("POST /api/auth/sign-in/email", json={"email": "a@b.co", "password": PASSWORD})

    assert [line["level"] for line in log.lines] == ["ERROR", "INFO"]
    assert log.lines[-1]["outcome"] == "SERVICE_UNAVAILABLE"
