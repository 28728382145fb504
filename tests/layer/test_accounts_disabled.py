"""Somebody who was shut out: nothing of theirs opens anything, and strangers cannot tell."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import all_rows, rows


def test_everything_of_theirs_ends_at_once(call: Api, people: People, mailbox: Mailbox) -> None:
    """S-41."""
    ann = people.signed_in()
    login = call("POST /api/auth/login", json={"email": ann.email, "password": PASSWORD}).json
    reset = request_reset(call, mailbox, ann.email)

    layer("accounts.changes").set_disabled(ann.id, disabled=True)

    assert call("GET /api/tasks", bearer=ann.token).status == 401
    assert call("GET /api/tasks", bearer=login["access_token"]).status == 401
    assert call("POST /api/auth/refresh", json={"refresh_token": login["refresh_token"]}).status == 401
    assert reset_password(call, reset, "another battery").code == "INVALID_TOKEN"


@pytest.mark.parametrize("password", [PASSWORD, "not the password"])
def test_signing_in_is_refused_like_a_wrong_password(call: Api, people: People, password: str) -> None:
    """S-15."""
    ann = people.signed_in()
    layer("accounts.changes").set_disabled(ann.id, disabled=True)

    answer = sign_in(call, ann.email, password)

    assert answer.text == sign_in(call, "nobody@example.com").text


BOB = "bob@example.com"
RESEND = "POST /api/auth/send-verification-email"


@pytest.fixture
def unverified(call: Api, settings: Callable[..., None]) -> str:
    """Somebody who came in without verifying; the id."""
    settings(require_email_verification="false", auto_sign_in_after_verification="true")
    found: str = sign_up(call, BOB).json["user"]["id"]
    call(RESEND, json={"email": BOB})
    return found


@pytest.mark.parametrize("used", [False, True], ids=["unused", "used before"])
def test_a_mailed_token_neither_verifies_them_nor_lets_them_in(
    call: Api,
    mailbox: Mailbox,
    cloud: Cloud,
    unverified: str,
    used: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-41: answered like a token that is nobody's."""
    token = mailbox.last.token
    assert not used or verify(call, token).status == 200
    layer("accounts.changes").set_disabled(unverified, disabled=True)
    before = all_rows(cloud)

    posted = verify(call, token)
    followed = call("GET /api/auth/verify-email", query={"token": token})

    assert (posted.status, posted.code, posted.cookies) == (400, "INVALID_TOKEN", [])
    assert (followed.status, followed.code, followed.cookies) == (401, "INVALID_TOKEN", [])
    assert all_rows(cloud) == before


def test_who_is_shut_out_while_they_verify_stays_out(
    call: Api, mailbox: Mailbox, cloud: Cloud, unverified: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = mailbox.last.token
    shut_out = layer("accounts.changes").set_disabled
    interleave(monkeypatch, "accounts.verification", "transact", lambda: shut_out(unverified, disabled=True))

    answer = verify(call, token)

    assert (answer.status, answer.code, answer.cookies) == (400, "INVALID_TOKEN", [])
    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    assert profile["email_verified"] is False


@pytest.mark.parametrize("route", [RESEND, "POST /api/auth/request-password-reset"])
def test_they_are_mailed_no_way_back_and_asking_costs_the_same(
    call: Api, mailbox: Mailbox, unverified: str, route: str
) -> None:
    """S-51."""
    layer("accounts.changes").set_disabled(unverified, disabled=True)
    before = len(mailbox.all)

    seen = []
    for email in (BOB, "nobody@example.com"):
        answer = call(route, json={"email": email})
        seen.append((answer.status, answer.text, call.aws_operations))

    assert seen[0] == seen[1]
    assert len(mailbox.all) == before


def test_they_may_be_let_in_again(call: Api, people: People) -> None:
    ann = people.signed_in()
    for disabled in (True, False):
        layer("accounts.changes").set_disabled(ann.id, disabled=disabled)

    assert call("GET /api/tasks", bearer=ann.token).status == 401
    assert sign_in(call, ann.email).status == 200


@pytest.mark.usefixtures("call")
def test_nobody_cannot_be_shut_out(cloud: Cloud) -> None:
    assert cloud
    with pytest.raises(layer("errors").NotFound):
        layer("accounts.changes").set_disabled("7130a49b-0f0d-43b8-bead-c318ac479dd9", disabled=True)
