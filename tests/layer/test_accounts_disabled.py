"""Disabled users: none of their credentials and tokens work, and anonymous callers cannot tell."""

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


def test_all_credentials_end_at_once(call: Api, people: People, mailbox: Mailbox) -> None:
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
def test_sign_in_gets_the_response_for_a_wrong_password(call: Api, people: People, password: str) -> None:
    """S-15."""
    ann = people.signed_in()
    layer("accounts.changes").set_disabled(ann.id, disabled=True)

    response = sign_in(call, ann.email, password)

    assert response.text == sign_in(call, "nobody@example.com").text


BOB = "bob@example.com"
RESEND = "POST /api/auth/send-verification-email"


@pytest.fixture
def unverified(call: Api, settings: Callable[..., None]) -> str:
    """A user who signed up without verification; the id."""
    settings(require_email_verification="false", auto_sign_in_after_verification="true")
    found: str = sign_up(call, BOB).json["user"]["id"]
    call(RESEND, json={"email": BOB})
    return found


@pytest.mark.parametrize("used", [False, True], ids=["unused", "used before"])
def test_a_verification_token_neither_verifies_nor_signs_in(
    call: Api,
    mailbox: Mailbox,
    cloud: Cloud,
    unverified: str,
    used: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-41: the response is that for an unknown token."""
    token = mailbox.last.token
    assert not used or verify(call, token).status == 200
    layer("accounts.changes").set_disabled(unverified, disabled=True)
    before = all_rows(cloud)

    posted = verify(call, token)
    followed = call("GET /api/auth/verify-email", query={"token": token})

    assert (posted.status, posted.code, posted.cookies) == (400, "INVALID_TOKEN", [])
    assert (followed.status, followed.code, followed.cookies) == (401, "INVALID_TOKEN", [])
    assert all_rows(cloud) == before


def test_a_user_disabled_during_verification_stays_disabled(
    call: Api, mailbox: Mailbox, cloud: Cloud, unverified: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = mailbox.last.token
    set_disabled = layer("accounts.changes").set_disabled
    interleave(monkeypatch, "accounts.verification", "transact", lambda: set_disabled(unverified, disabled=True))

    response = verify(call, token)

    assert (response.status, response.code, response.cookies) == (400, "INVALID_TOKEN", [])
    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    assert profile["email_verified"] is False


@pytest.mark.parametrize("route", [RESEND, "POST /api/auth/request-password-reset"])
def test_no_mail_is_sent_and_the_aws_calls_are_the_same(
    call: Api, mailbox: Mailbox, unverified: str, route: str
) -> None:
    """S-51."""
    layer("accounts.changes").set_disabled(unverified, disabled=True)
    before = len(mailbox.all)

    seen = []
    for email in (BOB, "nobody@example.com"):
        response = call(route, json={"email": email})
        seen.append((response.status, response.text, call.aws_operations))

    assert seen[0] == seen[1]
    assert len(mailbox.all) == before


def test_a_user_can_be_enabled_again(call: Api, people: People) -> None:
    ann = people.signed_in()
    for disabled in (True, False):
        layer("accounts.changes").set_disabled(ann.id, disabled=disabled)

    assert call("GET /api/tasks", bearer=ann.token).status == 401
    assert sign_in(call, ann.email).status == 200


@pytest.mark.usefixtures("call")
def test_an_unknown_user_cannot_be_disabled(cloud: Cloud) -> None:
    assert cloud
    with pytest.raises(layer("errors").NotFound):
        layer("accounts.changes").set_disabled("7130a49b-0f0d-43b8-bead-c318ac479dd9", disabled=True)
