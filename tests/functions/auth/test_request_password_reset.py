"""POST /api/auth/request-password-reset and its aliases: mails a reset link if the address has an account."""

import pytest

from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person

ANN = "ann@example.com"
FORGOT = "POST /api/auth/request-password-reset"
ROUTES = (FORGOT, "POST /api/auth/forgot-password", "POST /api/auth/forget-password")


@pytest.mark.parametrize("route", ROUTES)
def test_the_user_is_mailed_a_link(call: Api, people: People, mailbox: Mailbox, route: str) -> None:
    people.verified("ann")

    response = call(route, json={"email": "Ann@Example.com"})

    assert response.status == 200
    assert response.json == {
        "status": True,
        "message": "If this email exists in our system, check your email for the reset link",
    }
    assert mailbox.last.to == ANN
    assert mailbox.last.link.startswith("https://api.example.com/reset-password?token=")


@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_address_is_not_mailed(call: Api, mailbox: Mailbox, route: str) -> None:
    assert call(route, json={"email": "stranger@example.com"}).status == 200
    assert mailbox.all == []


def test_a_request_by_itself_changes_nothing(call: Api, ann: Person) -> None:
    call(FORGOT, json={"email": ann.email})

    assert call("GET /api/auth/me", bearer=ann.token).status == 200
    assert sign_in(call, ann.email).status == 200


def test_with_redirect_to_the_link_goes_through_the_api(call: Api, people: People, mailbox: Mailbox) -> None:
    people.verified("ann")

    call(FORGOT, json={"email": ANN, "redirectTo": "https://app.example.com/new?a=1"})

    assert mailbox.last.link.startswith("https://api.example.com/api/auth/reset-password/")
    assert mailbox.last.link.endswith("?callbackURL=https%3A%2F%2Fapp.example.com%2Fnew%3Fa%3D1")
    assert reset_password(call, mailbox.last.token, "a better password").status == 200


def test_a_reset_verifies_the_address_of_a_pending_sign_up(call: Api, mailbox: Mailbox) -> None:
    """The link proves the address; the pending sign-up is invalid afterwards."""
    sign_up(call, ANN, "somebody's password")

    token = request_reset(call, mailbox, ANN)

    assert reset_password(call, token, "the owner's own").status == 200
    assert sign_in(call, ANN, "the owner's own").json["user"]["emailVerified"] is True
    assert sign_in(call, ANN, "somebody's password").status == 401
