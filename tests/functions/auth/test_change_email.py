"""POST /api/auth/change-email: a person moves to another address once they have proved that it is theirs."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Answer, Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import meanwhile
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows, unchanged

CHANGE, FOLLOW = "POST /api/auth/change-email", "GET /api/auth/verify-email"
OLD, NEW = "ann@example.com", "new@example.com"


def asks(call: Api, person: Person, new_email: str = NEW, **more: Any) -> Answer:
    """Ask to go by another address."""
    return call(CHANGE, bearer=person.token, json={"newEmail": new_email} | more)


def address(call: Api, person: Person) -> str:
    """The address that somebody goes by."""
    found: str = call("GET /api/auth/me", bearer=person.token).json["user"]["email"]
    return found


@pytest.fixture
def token(call: Api, mailbox: Mailbox, ann: Person) -> str:
    """What was mailed to the new address when Ann asked for it."""
    asks(call, ann)
    return mailbox.to(NEW)[-1].token


def test_the_new_address_is_mailed_and_nothing_is_changed_yet(call: Api, mailbox: Mailbox, ann: Person) -> None:
    before = len(mailbox.all)

    answer = asks(call, ann, " NEW@Example.com ")

    (mail,) = mailbox.all[before:]
    assert (answer.status, answer.json, answer.cookies) == (200, {"status": True}, [])
    assert mail.to == NEW
    assert address(call, ann) == OLD
    assert (sign_in(call, OLD).status, sign_in(call, NEW).status) == (200, 401)


def test_the_mailed_token_makes_the_change_and_the_old_address_is_told(
    call: Api, people: People, mailbox: Mailbox, ann: Person, token: str
) -> None:
    """Every session goes on."""
    phone, before = people.sign_in(OLD), len(mailbox.all)

    answer = verify(call, token)

    (notice,) = mailbox.all[before:]
    assert (answer.status, answer.cookies) == (200, [])
    assert (answer.json["user"]["email"], answer.json["user"]["emailVerified"]) == (NEW, True)
    assert (notice.to, "was changed" in notice.subject) == (OLD, True)
    assert [address(call, person) for person in (ann, phone)] == [NEW, NEW]
    assert (sign_in(call, NEW).status, sign_in(call, OLD).status) == (200, 401)


def test_redeeming_again_is_fine_and_changes_nothing(call: Api, mailbox: Mailbox, cloud: Cloud, token: str) -> None:
    first = verify(call, token)
    mails = len(mailbox.all)
    with unchanged(cloud):
        again = [verify(call, token) for _ in range(3)]

        assert [(answer.status, answer.json) for answer in again] == [(200, first.json)] * 3
    assert len(mailbox.all) == mails


def test_twenty_at_once_make_one_change(call: Api, mailbox: Mailbox, cloud: Cloud, token: str) -> None:
    before = len(mailbox.all)

    answers = run_concurrently(lambda _: verify(call, token), range(20))

    assert {answer.status for answer in answers} == {200}
    assert {row["pk"] for row in rows(cloud, "UsersTable") if row["sk"] == "EMAIL"} == {f"EMAIL#{NEW}"}
    assert len(mailbox.all) == before + 1


def test_a_script_makes_the_change_by_get_and_a_person_is_led_to_the_page(call: Api, ann: Person, token: str) -> None:
    """S-47: opening the link consumes nothing."""
    opened = call(FOLLOW, query={"token": token}, headers={"accept": "text/html"})
    assert (opened.status, address(call, ann)) == (302, OLD)

    answer = call(FOLLOW, query={"token": token})

    assert (answer.status, answer.json["status"], answer.json["user"]["email"]) == (200, True, NEW)
    assert answer.cookies == []


def test_the_link_leads_on_to_where_was_asked(call: Api, mailbox: Mailbox, ann: Person) -> None:
    asks(call, ann, callbackURL="/settings")
    assert "callbackURL=%2Fsettings" in mailbox.to(NEW)[-1].link

    assert asks(call, ann, callbackURL="https://evil.example").code == "INVALID_CALLBACK_URL"


def test_the_same_address_is_refused(call: Api, ann: Person, cloud: Cloud) -> None:
    with unchanged(cloud):
        for same in (OLD, "ANN@Example.COM", f" {OLD} "):
            answer = asks(call, ann, same)
            assert (answer.status, answer.code) == (400, "EMAIL_IS_THE_SAME"), same


@pytest.fixture(params=["new address alone", "old address first"])
def _both_ways(settings: Callable[..., None], request: pytest.FixtureRequest) -> None:
    """Whether the old address has to allow the move."""
    settings(confirm_email_change=str(request.param == "old address first").lower())


@pytest.mark.usefixtures("_both_ways")
def test_a_taken_address_is_answered_like_a_free_one_and_its_owner_is_mailed_nothing(
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, ann: Person
) -> None:
    """S-51: also one that somebody waits for; after the same work and with the same row, which would tell as well."""
    people.verified("bob")
    sign_up(call, "waiting@example.com")
    asks(call, ann)

    seen, kept = [], []
    for email in (NEW, "waiting@example.com", "bob@example.com"):
        answer = asks(call, ann, email)
        seen.append((answer.status, answer.text, answer.headers, answer.cookies, call.calls))
        (row,) = (row for row in rows(cloud, "TokensTable") if row["subject"] == ann.id)
        assert row["new_email"] == email
        kept.append((row["purpose"], sorted(row)))

    assert seen[0] == seen[1] == seen[2]
    assert kept[0] == kept[1] == kept[2]
    assert (seen[0][0], seen[0][4][-1]) == (200, "PutItem")
    for mail in mailbox.to(OLD):
        verify(call, mail.token)
    assert mailbox.to("bob@example.com") == []


def test_asking_for_a_taken_address_ends_what_was_asked_before(
    call: Api, people: People, mailbox: Mailbox, ann: Person
) -> None:
    """S-48, S-51: as asking for a free one does."""
    people.verified("bob")
    asks(call, ann)
    token = mailbox.to(NEW)[-1].token

    asks(call, ann, "bob@example.com")

    assert verify(call, token).code == "INVALID_TOKEN"
    assert address(call, ann) == OLD


def test_whether_the_address_to_allow_is_taken_shows_nowhere(  # noqa: PLR0917 -- six fixtures
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, ann: Person, settings: Callable[..., None]
) -> None:
    """S-51: the old address is mailed alike; whether a second mail goes out is decided once it allowed the move."""
    settings(confirm_email_change="true")
    people.verified("bob")

    seen = []
    for email in (NEW, "bob@example.com"):
        asks(call, ann, email)
        mail = mailbox.to(OLD)[-1]
        answer = verify(call, mail.token)
        asked = call.calls
        kept = sorted(row["purpose"] for row in rows(cloud, "TokensTable") if row["subject"] == ann.id)
        seen.append((mail.text.replace(mail.link, "").replace(email, ""), answer.status, answer.text, asked, kept))

    assert seen[0] == seen[1]
    assert len(mailbox.to(NEW)) == 1
    assert mailbox.to("bob@example.com") == []


def test_an_address_that_only_waits_for_verification_can_be_proved(
    call: Api, mailbox: Mailbox, cloud: Cloud, ann: Person
) -> None:
    """It is nobody's; the sign-up that waited is gone then."""
    sign_up(call, NEW, "somebody else's")
    waiting = mailbox.last.token
    asks(call, ann)

    assert verify(call, mailbox.to(NEW)[-1].token).status == 200

    assert address(call, ann) == NEW
    assert verify(call, waiting).code == "INVALID_TOKEN"
    assert sign_in(call, NEW, "somebody else's").status == 401
    assert len([row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]) == 1


def test_an_address_that_somebody_took_meanwhile_stays_theirs(
    call: Api, people: People, mailbox: Mailbox, ann: Person, token: str
) -> None:
    """S-55: uniqueness is a condition of the write; nothing moves."""
    people.verified("new", password="the other's own")
    before = len(mailbox.all)

    answer = verify(call, token)

    assert (answer.status, answer.code) == (400, "INVALID_TOKEN")
    assert address(call, ann) == OLD
    assert sign_in(call, OLD).status == 200
    assert sign_in(call, NEW, "the other's own").json["user"]["id"] != ann.id
    assert sign_in(call, NEW).status == 401
    assert len(mailbox.all) == before


def test_an_address_that_somebody_takes_at_the_same_moment_stays_theirs(
    call: Api, mailbox: Mailbox, ann: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(call, NEW, "the other's own")
    theirs = mailbox.to(NEW)[-1].token
    meanwhile(monkeypatch, "accounts.verification", "transact", lambda: verify(call, theirs))

    assert verify(call, token).code == "INVALID_TOKEN"

    assert address(call, ann) == OLD
    assert sign_in(call, NEW, "the other's own").status == 200


def test_the_old_address_is_free_for_somebody_else(
    call: Api, people: People, mailbox: Mailbox, ann: Person, token: str
) -> None:
    verify(call, token)
    mailbox.deliver()  # the notice, so that it does not come last

    somebody = people.sign_in(people.verified("ann", password="somebody else's"), "somebody else's")

    assert somebody.id != ann.id
    assert (address(call, somebody), address(call, ann)) == (OLD, NEW)
    assert sign_in(call, NEW).json["user"]["id"] == ann.id


def test_a_reset_of_the_password_makes_the_link_worthless(call: Api, mailbox: Mailbox, token: str) -> None:
    """S-52."""
    reset_password(call, request_reset(call, mailbox, OLD), "a better password")

    assert verify(call, token).code == "INVALID_TOKEN"
    assert sign_in(call, OLD, "a better password").status == 200
    assert sign_in(call, NEW, "a better password").status == 401


def test_a_reset_link_of_the_old_address_dies_with_the_move(
    call: Api, mailbox: Mailbox, ann: Person, token: str
) -> None:
    """S-52: whoever reads the old mailbox gets nothing."""
    reset = request_reset(call, mailbox, OLD)
    verify(call, token)

    assert reset_password(call, reset, "the attacker's own").code == "INVALID_TOKEN"
    assert sign_in(call, NEW).status == 200
    assert address(call, ann) == NEW


@pytest.fixture
def allowance(call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]) -> str:
    """What was mailed to the old address when Ann asked."""
    settings(confirm_email_change="true")
    asks(call, ann)
    return mailbox.to(OLD)[-1].token


def test_a_script_that_allows_the_move_by_get_is_told_no_more_than_that(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="true")
    asks(call, ann)

    allowed = call(FOLLOW, query={"token": mailbox.to(OLD)[-1].token})
    moved = call(FOLLOW, query={"token": mailbox.to(NEW)[-1].token})

    assert allowed.json == {"status": True}
    assert (moved.json["status"], moved.json["user"]["email"]) == (True, NEW)


def test_the_old_address_allows_the_move_before_the_new_one_makes_it(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="true")
    before = len(mailbox.all)
    asks(call, ann)
    (first,) = mailbox.all[before:]
    assert first.to == OLD

    allowed = verify(call, first.token)
    (second,) = mailbox.all[before + 1 :]
    assert (allowed.status, allowed.json["user"]["email"]) == (200, OLD)
    assert (second.to, address(call, ann)) == (NEW, OLD)

    moved = verify(call, second.token)
    (notice,) = mailbox.all[before + 2 :]
    assert (moved.status, moved.json["user"]["email"]) == (200, NEW)
    assert (notice.to, address(call, ann)) == (OLD, NEW)


def test_an_allowance_that_is_redeemed_again_mails_once(call: Api, mailbox: Mailbox, allowance: str) -> None:
    before = len(mailbox.all)

    assert [verify(call, allowance).status for _ in range(3)] == [200, 200, 200]

    assert [mail.to for mail in mailbox.all[before:]] == [NEW]


def test_an_allowance_dies_when_the_address_was_changed_otherwise(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None], allowance: str
) -> None:
    """S-52: the address that allowed it has no say any more."""
    settings(confirm_email_change="false")
    asks(call, ann, "other@example.com")
    verify(call, mailbox.to("other@example.com")[-1].token)
    before = len(mailbox.all)

    answer = verify(call, allowance)

    assert len(mailbox.all) == before
    assert (answer.status, answer.code) == (400, "INVALID_TOKEN")
    assert address(call, ann) == "other@example.com"


def test_an_allowed_move_dies_with_the_old_password(call: Api, mailbox: Mailbox, ann: Person, allowance: str) -> None:
    """S-52, for the second link as well."""
    verify(call, allowance)
    token = mailbox.to(NEW)[-1].token
    body = {"currentPassword": PASSWORD, "newPassword": "a better password"}
    call("POST /api/auth/change-password", bearer=ann.token, json=body)

    assert verify(call, token).code == "INVALID_TOKEN"
    assert address(call, ann) == OLD


def test_an_unverified_address_has_nothing_to_allow(call: Api, mailbox: Mailbox, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false", confirm_email_change="true")
    bearer = sign_up(call, OLD).json["token"]

    call(CHANGE, bearer=bearer, json={"newEmail": NEW})

    assert [mail.to for mail in mailbox.all] == [NEW]
    assert verify(call, mailbox.last.token).json["user"]["emailVerified"] is True
    assert call("GET /api/auth/me", bearer=bearer).json["user"]["email"] == NEW
