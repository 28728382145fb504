"""POST /api/auth/send-verification-email and resend-verification: a new link for an address with a pending sign-up."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import sign_in, sign_up, verify
from tests.support.browser import Browser
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows, tables_unchanged

ANN = "ann@example.com"
RESEND = "POST /api/auth/send-verification-email"


@pytest.mark.parametrize(
    ("route", "body"),
    [(RESEND, {"status": True}), ("POST /api/auth/resend-verification", {"success": True, "status": True})],
)
def test_the_link_is_mailed_again(call: Api, mailbox: Mailbox, route: str, body: dict[str, bool]) -> None:
    """It is the same sign-up, with the same password; a link that expired has a successor, below."""
    user_id = sign_up(call, ANN).json["user"]["id"]
    first = mailbox.last.token

    response = call(route, json={"email": "ANN@example.com"})
    second = mailbox.last.token

    assert (response.status, response.json) == (200, body)
    assert first == second
    assert len(mailbox.all) == 2
    assert verify(call, second).json["user"]["id"] == user_id
    assert sign_in(call, ANN, PASSWORD).status == 200


@pytest.mark.parametrize("route", [RESEND, "POST /api/auth/resend-verification"])
def test_addresses_without_a_pending_sign_up_are_not_mailed(
    call: Api, people: People, mailbox: Mailbox, route: str
) -> None:
    people.verified("ann")
    before = len(mailbox.all)

    for email in (ANN, "stranger@example.com"):
        assert call(route, json={"email": email}).status == 200

    assert len(mailbox.all) == before


def test_an_expired_link_can_be_replaced(call: Api, mailbox: Mailbox, advance_clock: Callable[..., None]) -> None:
    """S-48: the old one stays invalid."""
    sign_up(call, ANN)
    first = mailbox.last.token
    advance_clock(hours=1)

    call(RESEND, json={"email": ANN})

    assert mailbox.last.token != first
    assert verify(call, first).code == "INVALID_TOKEN"
    assert verify(call, mailbox.last.token).status == 200


def test_a_pending_sign_up_ends_after_a_week(call: Api, mailbox: Mailbox, advance_clock: Callable[..., None]) -> None:
    sign_up(call, ANN)
    assert len(mailbox.all) == 1
    advance_clock(days=7, minutes=16)

    call(RESEND, json={"email": ANN})

    assert len(mailbox.all) == 1
    assert sign_in(call, ANN).code == "INVALID_EMAIL_OR_PASSWORD"


def test_a_new_link_does_not_extend_the_week_of_a_sign_up(
    call: Api, mailbox: Mailbox, cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    """Otherwise anybody could block an address for ever."""
    sign_up(call, ANN)
    mailbox.deliver()
    (first,) = rows(cloud, "TokensTable")
    advance_clock(days=6)

    call(RESEND, json={"email": ANN})

    (again,) = rows(cloud, "TokensTable")
    assert again["nonce"] != first["nonce"]
    assert (again["delete_at"], again["created_at"]) == (first["delete_at"], first["created_at"])
    assert int(first["delete_at"]) - int(first["created_at"]) // 1000 == 7 * 86_400
    advance_clock(days=1, minutes=1)
    before = len(mailbox.all)
    call(RESEND, json={"email": ANN})
    assert len(mailbox.all) == before


def test_a_link_requested_at_the_last_moment_has_its_full_lifetime(
    call: Api, mailbox: Mailbox, advance_clock: Callable[..., None]
) -> None:
    sign_up(call, ANN)
    advance_clock(days=6, hours=23, minutes=58)
    call(RESEND, json={"email": ANN})
    token = mailbox.last.token

    advance_clock(minutes=14)

    assert verify(call, token).status == 200
    assert sign_in(call, ANN).status == 200


def test_the_link_carries_the_callback_url(call: Api, mailbox: Mailbox) -> None:
    sign_up(call, ANN)

    call(RESEND, json={"email": ANN, "callbackURL": "https://app.example.com/welcome?a=1"})

    assert mailbox.last.link.endswith("&callbackURL=https%3A%2F%2Fapp.example.com%2Fwelcome%3Fa%3D1")


def test_a_resend_does_not_overwrite_a_concurrent_newer_sign_up(
    call: Api, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-54: an attacker's old sign-up must not replace the owner's newer one."""
    owner = Browser(call)
    sign_up(call, ANN, "the attacker's")
    interleave(
        monkeypatch, "accounts.verification_mail", "verification", lambda: sign_up(owner, ANN, "the owner's own")
    )

    assert call(RESEND, json={"email": ANN}).status == 200

    verify(owner, mailbox.last.token)
    assert sign_in(call, ANN, "the attacker's").status == 401
    assert sign_in(call, ANN, "the owner's own").status == 200


def test_a_signed_in_user_may_only_request_it_for_their_own_address(call: Api, people: People, cloud: Cloud) -> None:
    ann = people.signed_in("ann")

    with tables_unchanged(cloud):
        codes = [call(RESEND, bearer=ann.token, json={"email": email}).code for email in ("bob@example.com", ann.email)]

    assert codes == ["EMAIL_MISMATCH", "EMAIL_ALREADY_VERIFIED"]
