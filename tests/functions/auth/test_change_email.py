"""POST /api/auth/change-email: the address changes once the user has proved that the new one is theirs."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows, tables_unchanged

CHANGE, FOLLOW = "POST /api/auth/change-email", "GET /api/auth/verify-email"
OLD, NEW = "ann@example.com", "new@example.com"


def request_change(call: Api, person: Person, new_email: str = NEW, **more: Any) -> Response:
    """Request a change of address."""
    return call(CHANGE, bearer=person.token, json={"newEmail": new_email} | more)


def redeem(call: Api, token: str) -> Response:
    """Redeem a mailed token with the account's password."""
    return verify(call, token, password=PASSWORD)


def current_email(call: Api, person: Person) -> str:
    """Return the user's current address."""
    found: str = call("GET /api/auth/me", bearer=person.token).json["user"]["email"]
    return found


@pytest.fixture(autouse=True)
def _the_new_address_alone(settings: Callable[..., None]) -> None:
    """It is mailed at once, where a test does not say otherwise."""
    settings(confirm_email_change="false")


@pytest.fixture
def token(call: Api, mailbox: Mailbox, ann: Person) -> str:
    """The token mailed to the new address."""
    request_change(call, ann)
    return mailbox.to(NEW)[-1].token


def test_a_request_mails_the_new_address_and_changes_nothing(call: Api, mailbox: Mailbox, ann: Person) -> None:
    before = len(mailbox.all)

    response = request_change(call, ann, " NEW@Example.com ")

    (mail,) = mailbox.all[before:]
    assert (response.status, response.json, response.cookies) == (200, {"status": True}, [])
    assert mail.to == NEW
    assert current_email(call, ann) == OLD
    assert (sign_in(call, OLD).status, sign_in(call, NEW).status) == (200, 401)


def test_the_mailed_token_changes_the_address_and_notifies_the_old_one(
    call: Api, people: People, mailbox: Mailbox, ann: Person, token: str
) -> None:
    """Every session stays valid."""
    phone, before = people.sign_in(OLD), len(mailbox.all)

    response = redeem(call, token)

    (notice,) = mailbox.all[before:]
    assert (response.status, response.cookies) == (200, [])
    assert (response.json["user"]["email"], response.json["user"]["emailVerified"]) == (NEW, True)
    assert (notice.to, "was changed" in notice.subject) == (OLD, True)
    assert [current_email(call, person) for person in (ann, phone)] == [NEW, NEW]
    assert (sign_in(call, NEW).status, sign_in(call, OLD).status) == (200, 401)


def test_redeeming_again_succeeds_and_changes_nothing(call: Api, mailbox: Mailbox, cloud: Cloud, token: str) -> None:
    first = redeem(call, token)
    mails = len(mailbox.all)
    with tables_unchanged(cloud):
        again = [redeem(call, token) for _ in range(3)]

        assert [(response.status, response.json) for response in again] == [(200, first.json)] * 3
    assert len(mailbox.all) == mails


def test_twenty_concurrent_redemptions_make_one_change(call: Api, mailbox: Mailbox, cloud: Cloud, token: str) -> None:
    before = len(mailbox.all)

    responses = run_concurrently(lambda _: redeem(call, token), range(20))

    assert {response.status for response in responses} == {200}
    held = {row["pk"]: "held_until" in row for row in rows(cloud, "UsersTable") if row["sk"] == "EMAIL"}
    assert held == {f"EMAIL#{NEW}": False, f"EMAIL#{OLD}": True}
    assert len(mailbox.all) == before + 1


def test_get_without_html_redeems_the_token_and_a_browser_is_redirected_to_the_page(
    call: Api, ann: Person, token: str
) -> None:
    """S-47: a browser that opens the link consumes nothing."""
    opened = call(FOLLOW, query={"token": token}, headers={"accept": "text/html"})
    assert (opened.status, current_email(call, ann)) == (302, OLD)

    response = call(FOLLOW, query={"token": token}, bearer=ann.token)

    assert (response.status, response.json["status"], response.json["user"]["email"]) == (200, True, NEW)
    assert response.cookies == []


def test_the_link_carries_the_callback_url(call: Api, mailbox: Mailbox, ann: Person) -> None:
    request_change(call, ann, callbackURL="/account")
    assert "callbackURL=%2Faccount" in mailbox.to(NEW)[-1].link

    assert request_change(call, ann, callbackURL="https://evil.example").code == "INVALID_CALLBACK_URL"


def test_the_same_address_is_refused(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for same in (OLD, "ANN@Example.COM", f" {OLD} "):
            response = request_change(call, ann, same)
            assert (response.status, response.code) == (400, "EMAIL_IS_THE_SAME"), same


@pytest.fixture(params=["new address alone", "old address first"])
def _confirmation(settings: Callable[..., None], request: pytest.FixtureRequest) -> None:
    """With and without confirmation by the old address."""
    settings(confirm_email_change=str(request.param == "old address first").lower())


@pytest.mark.usefixtures("_confirmation")
def test_a_taken_address_gets_the_same_response_as_a_free_one_and_its_owner_no_mail(
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, ann: Person
) -> None:
    """S-51: also an address with a pending sign-up. The AWS calls and the attributes of the row are the same, too."""
    people.verified("bob")
    sign_up(call, "waiting@example.com")
    request_change(call, ann)

    seen, kept = [], []
    for email in (NEW, "waiting@example.com", "bob@example.com"):
        response = request_change(call, ann, email)
        seen.append((response.status, response.text, response.headers, response.cookies, call.aws_operations))
        (row,) = (row for row in rows(cloud, "TokensTable") if row["subject"] == ann.id)
        assert row["new_email"] == email
        kept.append((row["purpose"], sorted(row)))

    assert seen[0] == seen[1] == seen[2]
    assert kept[0] == kept[1] == kept[2]
    assert (seen[0][0], seen[0][4][-1]) == (200, "PutItem")
    for mail in mailbox.to(OLD):
        redeem(call, mail.token)
    assert mailbox.to("bob@example.com") == []


def test_a_request_for_a_taken_address_invalidates_the_previous_request(
    call: Api, people: People, mailbox: Mailbox, ann: Person
) -> None:
    """S-48, S-51: as a request for a free address does."""
    people.verified("bob")
    request_change(call, ann)
    token = mailbox.to(NEW)[-1].token

    request_change(call, ann, "bob@example.com")

    assert redeem(call, token).code == "INVALID_TOKEN"
    assert current_email(call, ann) == OLD


def test_confirmation_by_the_old_address_does_not_reveal_whether_the_new_one_is_taken(  # noqa: PLR0917 -- six fixtures
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, ann: Person, settings: Callable[..., None]
) -> None:
    """S-51: the old address gets the same mail; the second mail is decided after its confirmation."""
    settings(confirm_email_change="true")
    people.verified("bob")

    seen = []
    for email in (NEW, "bob@example.com"):
        request_change(call, ann, email)
        mail = mailbox.to(OLD)[-1]
        response = redeem(call, mail.token)
        asked = call.aws_operations
        kept = sorted(row["purpose"] for row in rows(cloud, "TokensTable") if row["subject"] == ann.id)
        seen.append((mail.text.replace(mail.link, "").replace(email, ""), response.status, response.text, asked, kept))

    assert seen[0] == seen[1]
    assert len(mailbox.to(NEW)) == 1
    assert mailbox.to("bob@example.com") == []


def test_an_address_with_a_pending_sign_up_can_be_claimed(
    call: Api, mailbox: Mailbox, cloud: Cloud, ann: Person
) -> None:
    """A pending sign-up does not own the address; it is invalid after the change."""
    sign_up(call, NEW, "somebody else's")
    waiting = mailbox.last.token
    request_change(call, ann)

    assert redeem(call, mailbox.to(NEW)[-1].token).status == 200

    assert current_email(call, ann) == NEW
    assert verify(call, waiting).code == "INVALID_TOKEN"
    assert sign_in(call, NEW, "somebody else's").status == 401
    assert len([row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]) == 1


def test_an_address_taken_before_redemption_stays_with_its_owner(
    call: Api, people: People, mailbox: Mailbox, ann: Person, token: str
) -> None:
    """S-55: uniqueness is a condition of the write."""
    people.verified("new", password="the other's own")
    before = len(mailbox.all)

    response = redeem(call, token)

    assert (response.status, response.code) == (400, "INVALID_TOKEN")
    assert current_email(call, ann) == OLD
    assert sign_in(call, OLD).status == 200
    assert sign_in(call, NEW, "the other's own").json["user"]["id"] != ann.id
    assert sign_in(call, NEW).status == 401
    assert len(mailbox.all) == before


def test_an_address_taken_during_redemption_stays_with_its_owner(
    call: Api, mailbox: Mailbox, ann: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(call, NEW, "the other's own")
    theirs = mailbox.to(NEW)[-1].token
    interleave(monkeypatch, "accounts.verification", "transact", lambda: verify(call, theirs))

    assert redeem(call, token).code == "INVALID_TOKEN"

    assert current_email(call, ann) == OLD
    assert sign_in(call, NEW, "the other's own").status == 200


def test_another_user_can_sign_up_the_old_address_once_the_change_cannot_be_undone(  # noqa: PLR0917 -- six fixtures
    call: Api, people: People, mailbox: Mailbox, ann: Person, token: str, advance_clock: Callable[..., None]
) -> None:
    """Until then see test_email_change_undone.py."""
    redeem(call, token)
    mailbox.deliver()  # the notice, so that the next mail is the last one
    advance_clock(days=6)
    ann = people.sign_in(NEW)
    advance_clock(days=2, seconds=1)

    somebody = people.sign_in(people.verified("ann", password="somebody else's"), "somebody else's")

    assert somebody.id != ann.id
    assert (current_email(call, somebody), current_email(call, ann)) == (OLD, NEW)
    assert sign_in(call, NEW).json["user"]["id"] == ann.id


def test_a_password_reset_invalidates_the_link(call: Api, mailbox: Mailbox, token: str) -> None:
    """S-52."""
    reset_password(call, request_reset(call, mailbox, OLD), "a better password")

    assert redeem(call, token).code == "INVALID_TOKEN"
    assert sign_in(call, OLD, "a better password").status == 200
    assert sign_in(call, NEW, "a better password").status == 401


def test_a_change_of_address_invalidates_reset_links_of_the_old_one(
    call: Api, mailbox: Mailbox, ann: Person, token: str
) -> None:
    """S-52: access to the old mailbox is worth nothing after the change."""
    reset = request_reset(call, mailbox, OLD)
    redeem(call, token)

    assert reset_password(call, reset, "the attacker's own").code == "INVALID_TOKEN"
    assert sign_in(call, NEW).status == 200
    assert current_email(call, ann) == NEW


@pytest.fixture
def confirmation(call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]) -> str:
    """The token mailed to the old address."""
    settings(confirm_email_change="true")
    request_change(call, ann)
    return mailbox.to(OLD)[-1].token


def test_confirmation_by_get_returns_no_user(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="true")
    request_change(call, ann)

    confirmed = call(FOLLOW, query={"token": mailbox.to(OLD)[-1].token})
    changed = call(FOLLOW, query={"token": mailbox.to(NEW)[-1].token}, bearer=ann.token)

    assert confirmed.json == {"status": True}
    assert (changed.json["status"], changed.json["user"]["email"]) == (True, NEW)


def test_the_old_address_confirms_before_the_new_one_is_mailed(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="true")
    before = len(mailbox.all)
    request_change(call, ann)
    (first,) = mailbox.all[before:]
    assert first.to == OLD

    confirmed = redeem(call, first.token)
    (second,) = mailbox.all[before + 1 :]
    assert (confirmed.status, confirmed.json["user"]["email"]) == (200, OLD)
    assert (second.to, current_email(call, ann)) == (NEW, OLD)

    changed = redeem(call, second.token)
    (notice,) = mailbox.all[before + 2 :]
    assert (changed.status, changed.json["user"]["email"]) == (200, NEW)
    assert (notice.to, current_email(call, ann)) == (OLD, NEW)


def test_a_confirmation_redeemed_again_mails_once(call: Api, mailbox: Mailbox, confirmation: str) -> None:
    before = len(mailbox.all)

    assert [redeem(call, confirmation).status for _ in range(3)] == [200, 200, 200]

    assert [mail.to for mail in mailbox.all[before:]] == [NEW]


def test_a_change_of_address_invalidates_a_pending_confirmation(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None], confirmation: str
) -> None:
    """S-52: the address that was to confirm is no longer the user's."""
    settings(confirm_email_change="false")
    request_change(call, ann, "other@example.com")
    redeem(call, mailbox.to("other@example.com")[-1].token)
    before = len(mailbox.all)

    response = redeem(call, confirmation)

    assert len(mailbox.all) == before
    assert (response.status, response.code) == (400, "INVALID_TOKEN")
    assert current_email(call, ann) == "other@example.com"


def test_a_change_of_password_invalidates_a_confirmed_change(
    call: Api, mailbox: Mailbox, ann: Person, confirmation: str
) -> None:
    """S-52, for the second token."""
    redeem(call, confirmation)
    token = mailbox.to(NEW)[-1].token
    body = {"currentPassword": PASSWORD, "newPassword": "a better password"}
    call("POST /api/auth/change-password", bearer=ann.token, json=body)

    assert redeem(call, token).code == "INVALID_TOKEN"
    assert current_email(call, ann) == OLD


def test_an_unverified_address_need_not_confirm(call: Api, mailbox: Mailbox, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false", confirm_email_change="true")
    bearer = sign_up(call, OLD).json["token"]

    call(CHANGE, bearer=bearer, json={"newEmail": NEW})

    assert [mail.to for mail in mailbox.all] == [NEW]
    assert redeem(call, mailbox.last.token).json["user"]["emailVerified"] is True
    assert call("GET /api/auth/me", bearer=bearer).json["user"]["email"] == NEW
