"""Somebody who was shut out: nothing of theirs opens anything, and strangers cannot tell."""

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.visits import forgets, resets, signs_in


def test_everything_of_theirs_ends_at_once(call: Api, people: People, mailbox: Mailbox) -> None:
    """S-41."""
    ann = people.signed_in()
    login = call("POST /api/auth/login", json={"email": ann.email, "password": PASSWORD}).json
    reset = forgets(call, mailbox, ann.email)

    layer("accounts").set_disabled(ann.id, disabled=True)

    assert call("GET /api/tasks", bearer=ann.token).status == 401
    assert call("GET /api/tasks", bearer=login["access_token"]).status == 401
    assert call("POST /api/auth/refresh", json={"refresh_token": login["refresh_token"]}).status == 401
    assert resets(call, reset, "another battery").code == "INVALID_TOKEN"


@pytest.mark.parametrize("password", [PASSWORD, "not the password"])
def test_signing_in_is_refused_like_a_wrong_password(call: Api, people: People, password: str) -> None:
    """S-15."""
    ann = people.signed_in()
    layer("accounts").set_disabled(ann.id, disabled=True)

    answer = signs_in(call, ann.email, password)

    assert answer.text == signs_in(call, "nobody@example.com").text


def test_they_are_mailed_no_way_back(call: Api, people: People, mailbox: Mailbox) -> None:
    ann = people.signed_in()
    layer("accounts").set_disabled(ann.id, disabled=True)
    before = len(mailbox.all)

    assert call("POST /api/auth/request-password-reset", json={"email": ann.email}).status == 200
    assert len(mailbox.all) == before


def test_they_may_be_let_in_again(call: Api, people: People) -> None:
    ann = people.signed_in()
    for disabled in (True, False):
        layer("accounts").set_disabled(ann.id, disabled=disabled)

    assert call("GET /api/tasks", bearer=ann.token).status == 401
    assert signs_in(call, ann.email).status == 200


@pytest.mark.usefixtures("call")
def test_nobody_cannot_be_shut_out(cloud: Cloud) -> None:
    assert cloud
    with pytest.raises(layer("errors").NotFound):
        layer("accounts").set_disabled("7130a49b-0f0d-43b8-bead-c318ac479dd9", disabled=True)
