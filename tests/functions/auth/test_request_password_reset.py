"""POST /api/auth/request-password-reset and its aliases: a link that sets a new password, for owners only."""

from collections.abc import Callable

import pytest

from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person

ANN = "ann@example.com"
FORGOT = "POST /api/auth/request-password-reset"
ROUTES = (FORGOT, "POST /api/auth/forgot-password", "POST /api/auth/forget-password")


@pytest.mark.parametrize("route", ROUTES)
def test_the_owner_is_mailed_a_link(call: Api, people: People, mailbox: Mailbox, route: str) -> None:
    people.verified("ann")

    answer = call(route, json={"email": "Ann@Example.com"})

    assert answer.status == 200
    assert answer.json == {
        "status": True,
        "message": "If this email exists in our system, check your email for the reset link",
    }
    assert mailbox.last.to == ANN
    assert mailbox.last.link.startswith("https://api.example.com/reset-password?token=")


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_is_not_mailed(call: Api, mailbox: Mailbox, route: str) -> None:
    assert call(route, json={"email": "stranger@example.com"}).status == 200
    assert mailbox.all == []


def test_asking_changes_nothing_by_itself(call: Api, ann: Person) -> None:
    call(FORGOT, json={"email": ann.email})

    assert call("GET /api/auth/me", bearer=ann.token).status == 200
    assert sign_in(call, ann.email).status == 200


def test_the_link_goes_to_the_frontend_when_there_is_one(
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    people.verified("ann")
    settings(frontend_url="https://app.example.com")

    call(FORGOT, json={"email": ANN})

    assert mailbox.last.link.startswith("https://app.example.com/reset-password?token=")


def test_the_link_of_a_wire_client_leads_through_us_to_its_page(call: Api, people: People, mailbox: Mailbox) -> None:
    people.verified("ann")

    call(FORGOT, json={"email": ANN, "redirectTo": "https://app.example.com/new?a=1"})

    assert mailbox.last.link.startswith("https://api.example.com/api/auth/reset-password/")
    assert mailbox.last.link.endswith("?callbackURL=https%3A%2F%2Fapp.example.com%2Fnew%3Fa%3D1")
    assert reset_password(call, mailbox.last.token, "a better password").status == 200


def test_who_never_verified_gets_in_by_way_of_the_mailbox(call: Api, mailbox: Mailbox) -> None:
    """The link proves the address; whatever was waiting for it is gone."""
    sign_up(call, ANN, "somebody's password")

    token = request_reset(call, mailbox, ANN)

    assert reset_password(call, token, "the owner's own").status == 200
    assert sign_in(call, ANN, "the owner's own").json["user"]["emailVerified"] is True
    assert sign_in(call, ANN, "somebody's password").status == 401
