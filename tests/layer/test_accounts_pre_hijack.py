"""Account pre-hijacking: a sign-up with somebody else's address is worth nothing once the owner proves it."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.browser import Browser
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.tables import rows

ANN = "ann@example.com"
OWNERS, ATTACKERS = "the owner's own", "the attacker's"


@pytest.fixture
def attackers_token(call: Api, mailbox: Mailbox) -> str:
    """The token mailed to Ann after an attacker signed up with her address."""
    sign_up(call, ANN, ATTACKERS)
    return mailbox.last.token


def assert_only_the_owner_can_sign_in(call: Api, cloud: Cloud) -> None:
    """With her password, and there is one account."""
    assert sign_in(call, ANN, ATTACKERS).code == "INVALID_EMAIL_OR_PASSWORD"
    assert sign_in(call, ANN, OWNERS).status == 200
    assert len([row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]) == 1


def test_cve_2026_67327_the_attacker_signs_up_after_the_owner(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    """The owner's link makes nobody's password active; she sets one, and it is the only one."""
    sign_up(call, ANN, OWNERS)
    first = mailbox.last.token
    sign_up(call, ANN, ATTACKERS)

    assert verify(call, first).status == 200
    assert [sign_in(call, ANN, password).status for password in (OWNERS, ATTACKERS)] == [401, 401]
    assert reset_password(call, request_reset(call, mailbox, ANN), OWNERS).status == 200
    assert_only_the_owner_can_sign_in(call, cloud)


def test_cve_2026_67327_the_owner_resets_the_password(
    call: Api, mailbox: Mailbox, cloud: Cloud, attackers_token: str
) -> None:
    """Nothing of the attacker's sign-up is left."""
    assert reset_password(call, request_reset(call, mailbox, ANN), OWNERS).status == 200

    assert verify(call, attackers_token).code == "INVALID_TOKEN"
    assert "verify-email" not in {row["purpose"] for row in rows(cloud, "TokensTable")}
    assert_only_the_owner_can_sign_in(call, cloud)


def test_a_sign_up_by_the_attacker_after_verification_changes_nothing(
    call: Api, mailbox: Mailbox, cloud: Cloud
) -> None:
    sign_up(call, ANN, OWNERS)
    verify(call, mailbox.last.token)
    sign_up(call, ANN, ATTACKERS)
    call("POST /api/auth/send-verification-email", json={"email": ANN})

    assert "already have an account" in mailbox.last.subject
    assert_only_the_owner_can_sign_in(call, cloud)


@pytest.mark.parametrize("resends", [False, True], ids=["once", "and a resend"])
def test_cve_2026_67327_the_owner_signs_up_after_the_attacker(
    call: Api,
    mailbox: Mailbox,
    cloud: Cloud,
    attackers_token: str,
    resends: bool,  # noqa: FBT001 -- a case
) -> None:
    """There is one link; opened in the owner's browser, it lets her password in."""
    owner = Browser(call)
    sign_up(owner, ANN, OWNERS)
    tokens = [attackers_token, mailbox.last.token]
    if resends:
        call("POST /api/auth/send-verification-email", json={"email": ANN})
        tokens.append(mailbox.last.token)

    assert len(set(tokens)) == 1
    assert verify(owner, attackers_token).status == 200
    assert_only_the_owner_can_sign_in(call, cloud)


@pytest.mark.usefixtures("attackers_token")
def test_a_pending_sign_up_opens_no_session_after_verification_was_switched_off(
    call: Api, cloud: Cloud, settings: Callable[..., None]
) -> None:
    """The next sign-up is the first of the address, and the pending one is deleted."""
    settings(require_email_verification="false")

    assert sign_up(call, ANN, OWNERS).json["token"]

    assert_only_the_owner_can_sign_in(call, cloud)
    assert rows(cloud, "TokensTable") == []
