"""An unverified address belongs to nobody: whoever signed up first keeps nothing once its owner comes."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.tables import rows

ANN = "ann@example.com"
OWNERS, ATTACKERS = "the owner's own", "the attacker's"


@pytest.fixture
def attacked(call: Api, mailbox: Mailbox) -> str:
    """Somebody else signed up with Ann's address; the token that she was mailed."""
    sign_up(call, ANN, ATTACKERS)
    return mailbox.last.token


def assert_only_the_owner_gets_in(call: Api, cloud: Cloud) -> None:
    """By her password, to the one account that there is."""
    assert sign_in(call, ANN, ATTACKERS).code == "INVALID_EMAIL_OR_PASSWORD"
    assert sign_in(call, ANN, OWNERS).status == 200
    assert len([row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]) == 1


def test_cve_2026_67327_the_attacker_signs_up_after_the_owner(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    """The owner's first link is dead then; she asks for a new password, and it is hers alone."""
    sign_up(call, ANN, OWNERS)
    first = mailbox.last.token
    sign_up(call, ANN, ATTACKERS)

    assert verify(call, first).code == "INVALID_TOKEN"
    assert reset_password(call, request_reset(call, mailbox, ANN), OWNERS).status == 200
    assert_only_the_owner_gets_in(call, cloud)


def test_cve_2026_67327_the_owner_resets(call: Api, mailbox: Mailbox, cloud: Cloud, attacked: str) -> None:
    """Not even the hash of what was waiting stays."""
    assert reset_password(call, request_reset(call, mailbox, ANN), OWNERS).status == 200

    assert verify(call, attacked).code == "INVALID_TOKEN"
    assert "verify-email" not in {row["purpose"] for row in rows(cloud, "TokensTable")}
    assert_only_the_owner_gets_in(call, cloud)


def test_the_attacker_signing_up_once_more_after_the_owner_verified_changes_nothing(
    call: Api, mailbox: Mailbox, cloud: Cloud
) -> None:
    sign_up(call, ANN, OWNERS)
    verify(call, mailbox.last.token)
    sign_up(call, ANN, ATTACKERS)
    call("POST /api/auth/send-verification-email", json={"email": ANN})

    assert "already have an account" in mailbox.last.subject
    assert_only_the_owner_gets_in(call, cloud)


@pytest.mark.parametrize("resends", [False, True], ids=["once", "and a resend"])
def test_cve_2026_67327_the_owner_signs_up_after_the_attacker(
    call: Api,
    mailbox: Mailbox,
    cloud: Cloud,
    attacked: str,
    resends: bool,  # noqa: FBT001 -- a case
) -> None:
    """The newest link is good, and only it."""
    sign_up(call, ANN, OWNERS)
    tokens = [attacked, mailbox.last.token]
    if resends:
        call("POST /api/auth/send-verification-email", json={"email": ANN})
        tokens.append(mailbox.last.token)

    assert {verify(call, token).code for token in tokens[:-1]} == {"INVALID_TOKEN"}
    assert verify(call, mailbox.last.token).status == 200
    assert_only_the_owner_gets_in(call, cloud)


@pytest.mark.usefixtures("attacked")
def test_what_waits_gives_no_session_whatever_the_setting_says_later(
    call: Api, cloud: Cloud, settings: Callable[..., None]
) -> None:
    """Verification is switched off: whoever signs up now is the first, and what waited is gone."""
    settings(require_email_verification="false")

    assert sign_up(call, ANN, OWNERS).json["token"]

    assert_only_the_owner_gets_in(call, cloud)
    assert rows(cloud, "TokensTable") == []
