"""POST /api/auth/verify-email with the token mailed to the old address: a change of address is undone.

It works for a week, whatever happened since. The mailbox that the account had first decides.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import is_signed_in, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.erasures import Erasures
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, error_of
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows, tables_unchanged

LATER = ("EMAIL#new@example.com", "email-changed")
CHANGE, FOLLOW = "POST /api/auth/change-email", "GET /api/auth/verify-email"
OLD, NEW, THIRD, BETTER = "ann@example.com", "new@example.com", "third@example.com", "a better password"


def change_email(call: Api, mailbox: Mailbox, bearer: str, new_email: str) -> None:
    """Change the address, and verify the new one."""
    assert call(CHANGE, bearer=bearer, json={"newEmail": new_email}).status == 200
    assert verify(partial(call, bearer=bearer), mailbox.to(new_email)[-1].token).status == 200


def addresses(cloud: Cloud) -> dict[str, bool]:
    """Return every address in the table, and whether it is only held."""
    found = (row for row in rows(cloud, "UsersTable") if row["sk"] == "EMAIL")
    return {str(row["pk"]).removeprefix("EMAIL#"): "held_until" in row for row in found}


def undo_token(mailbox: Mailbox, address: str) -> str:
    """Return the token in the notice to an address that was changed."""
    return [mail for mail in mailbox.to(address) if "/undo-email-change?" in mail.link][-1].token


def email_of(call: Api, person: Person) -> str | None:
    """Return a user's address; None once their session has ended."""
    response = call("GET /api/auth/me", bearer=person.token)
    return response.json["user"]["email"] if response.status == 200 else None


@pytest.fixture(autouse=True)
def _without_confirmation(settings: Callable[..., None]) -> None:
    """A thief needs no more than a session."""
    settings(confirm_email_change="false")


@pytest.fixture
def erase(call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Erase deleted users."""
    monkeypatch.setattr(layer("erasure.flows"), "_LONGEST_REQUEST", timedelta(0))
    return Erasures(call, cloud).deliver


@pytest.fixture
def thief(people: People, ann: Person) -> Person:
    """A thief's session of Ann's account."""
    return people.sign_in(ann.email)


@pytest.fixture
def token(call: Api, mailbox: Mailbox, thief: Person) -> str:
    """The token mailed to Ann's address after the thief changed it."""
    change_email(call, mailbox, thief.token, NEW)
    return undo_token(mailbox, OLD)


def test_the_notice_links_to_the_page_that_undoes_the_change(
    call: Api, mailbox: Mailbox, token: str, ann: Person
) -> None:
    mail = mailbox.to(OLD)[-1]
    link = urlsplit(mail.link)

    assert (f"{link.scheme}://{link.netloc}", link.path) == ("https://api.example.com", "/undo-email-change")
    assert token in mail.html
    assert "7 days" in mail.text
    assert call(f"GET {link.path}", query=link.query, headers={"accept": "text/html"}).status == 200
    assert email_of(call, ann) == NEW


def test_the_link_leads_to_the_frontend_only_without_hosted_pages(
    call: Api, mailbox: Mailbox, thief: Person, settings: Callable[..., None]
) -> None:
    settings(frontend_url="https://app.example.com")
    change_email(call, mailbox, thief.token, NEW)
    assert mailbox.to(OLD)[-1].link.startswith("https://api.example.com/undo-email-change?")
    settings(hosted_pages="false")
    change_email(call, mailbox, thief.token, THIRD)

    assert mailbox.to(NEW)[-1].link.startswith("https://app.example.com/undo-email-change?")


def test_undoing_restores_the_address_ends_all_sessions_and_mails_a_reset(  # noqa: PLR0917 -- six fixtures
    call: Api, mailbox: Mailbox, cloud: Cloud, ann: Person, thief: Person, token: str
) -> None:
    response = verify(call, token)

    assert (response.status, response.cookies) == (200, [])
    assert (response.json["user"]["id"], response.json["user"]["email"]) == (ann.id, OLD)
    assert response.json["user"]["emailVerified"] is True
    assert (is_signed_in(call, ann), is_signed_in(call, thief)) == (False, False)
    assert addresses(cloud) == {OLD: False}
    mail = mailbox.to(OLD)[-1]
    assert "new password" in mail.subject
    assert reset_password(call, mail.token, BETTER).status == 200
    assert sign_in(call, OLD, BETTER).json["user"]["id"] == ann.id


def test_the_password_is_removed(call: Api, token: str) -> None:
    """A thief may know it."""
    verify(call, token)

    assert [sign_in(call, email).status for email in (OLD, NEW)] == [401, 401]


def test_accounts_at_providers_are_unlinked(call: Api, oauth_flow: OAuthFlow, token: str, thief: Person) -> None:
    """The thief's own may be among them: an account is linked by the address at that time."""
    theirs = {"sub": "666", "email": NEW, "email_verified": True}
    oauth_flow.link(thief.token, **theirs)
    assert "set-auth-token" in oauth_flow.sign_in(**theirs).headers

    verify(call, token)

    again = oauth_flow.sign_in(**theirs)
    assert call("GET /api/auth/me", bearer=again.headers["set-auth-token"]).json["user"]["id"] != thief.id


def test_an_account_of_the_restored_address_is_linked_again_at_sign_in(
    call: Api, oauth_flow: OAuthFlow, token: str, ann: Person
) -> None:
    verify(call, token)

    response = oauth_flow.sign_in(sub="1", email=OLD, email_verified=True)

    assert call("GET /api/auth/me", bearer=response.headers["set-auth-token"]).json["user"]["id"] == ann.id


def test_it_works_after_a_change_of_password(
    call: Api, mailbox: Mailbox, thief: Person, token: str, ann: Person
) -> None:
    body = {"currentPassword": PASSWORD, "newPassword": BETTER}
    assert call("POST /api/auth/change-password", bearer=thief.token, json=body).status == 200
    call("POST /api/auth/revoke-other-sessions", bearer=thief.token)
    pending = {"newEmail": THIRD}
    call(CHANGE, bearer=thief.token, json=pending)

    assert verify(call, token).json["user"]["id"] == ann.id
    assert sign_in(call, OLD, BETTER).status == 401
    assert verify(call, mailbox.to(THIRD)[-1].token).code == "INVALID_TOKEN"


@pytest.mark.parametrize("late", [False, True])
def test_it_works_for_seven_days(
    call: Api,
    token: str,
    advance_clock: Callable[..., None],
    late: bool,  # noqa: FBT001 -- a case
) -> None:
    advance_clock(days=7, seconds=1 if late else -5)

    assert verify(call, token).code == ("TOKEN_EXPIRED" if late else None)


def test_the_first_address_undoes_all_later_changes(
    call: Api, mailbox: Mailbox, cloud: Cloud, thief: Person, token: str
) -> None:
    """The second link is invalid then: its mailbox is the thief's."""
    change_email(call, mailbox, thief.token, THIRD)
    second = undo_token(mailbox, NEW)
    assert addresses(cloud) == {OLD: True, NEW: True, THIRD: False}

    assert verify(call, token).json["user"]["email"] == OLD

    assert addresses(cloud) == {OLD: False}
    assert verify(call, second).code == "INVALID_TOKEN"
    assert [row for row in rows(cloud, "TokensTable") if (row["subject"], row["purpose"]) == LATER] == []
    assert sign_up(call, NEW).status == 200


def test_the_first_address_decides_after_a_later_one_was_restored(
    call: Api, mailbox: Mailbox, cloud: Cloud, thief: Person, token: str
) -> None:
    change_email(call, mailbox, thief.token, THIRD)
    assert verify(call, undo_token(mailbox, NEW)).json["user"]["email"] == NEW
    assert addresses(cloud) == {OLD: True, NEW: False}

    assert verify(call, token).json["user"]["email"] == OLD
    assert addresses(cloud) == {OLD: False}


def test_the_first_address_decides_after_an_ordinary_change_back(  # noqa: PLR0917 -- six fixtures
    call: Api, mailbox: Mailbox, cloud: Cloud, thief: Person, ann: Person, token: str
) -> None:
    """The thief's address gets a link, too; the first one overrules it."""
    change_email(call, mailbox, ann.token, OLD)
    assert addresses(cloud) == {OLD: False, NEW: True}
    assert verify(call, undo_token(mailbox, NEW)).json["user"]["email"] == NEW
    assert addresses(cloud) == {OLD: True, NEW: False}

    assert verify(call, token).json["user"]["email"] == OLD

    assert addresses(cloud) == {OLD: False}
    assert not is_signed_in(call, thief)


def test_a_concurrent_change_is_undone_as_well(
    call: Api, mailbox: Mailbox, thief: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(CHANGE, bearer=thief.token, json={"newEmail": THIRD})
    other = mailbox.to(THIRD)[-1].token
    interleave(monkeypatch, "accounts.undo", "transact", lambda: verify(call, other))

    assert verify(call, token).json["user"]["email"] == OLD
    assert verify(call, other).code in {"INVALID_TOKEN", None}
    assert sign_in(call, THIRD).status == 401


def test_undoing_again_changes_nothing(call: Api, mailbox: Mailbox, cloud: Cloud, token: str) -> None:
    first = verify(call, token)
    mails = len(mailbox.all)
    with tables_unchanged(cloud):
        assert [verify(call, token).json for _ in range(2)] == [first.json] * 2
    assert len(mailbox.all) == mails


def test_twenty_concurrent_requests_undo_once(call: Api, mailbox: Mailbox, token: str) -> None:
    before = len(mailbox.all)

    responses = run_concurrently(lambda _: verify(call, token), range(20))

    assert {response.status for response in responses} == {200}
    assert [mail.to for mail in mailbox.all[before:]] == [OLD]


@pytest.mark.parametrize("headers", [{}, {"accept": "text/html"}, {"sec-fetch-mode": "cors"}])
def test_get_undoes_nothing(call: Api, ann: Person, token: str, headers: dict[str, str], cloud: Cloud) -> None:
    """S-47: not even from a script, which redeems other tokens."""
    with tables_unchanged(cloud):
        response = call(FOLLOW, query={"token": token}, headers=headers)
    assert response.status in {302, 401}
    assert email_of(call, ann) == NEW


def test_the_token_has_no_other_purpose(call: Api, ann: Person, token: str) -> None:
    assert reset_password(call, token, BETTER).code == "INVALID_TOKEN"
    assert call("POST /api/auth/delete-user", bearer=ann.token, json={"token": token}).code == "INVALID_TOKEN"


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_disabled_and_deleted_users_cannot_undo(call: Api, thief: Person, token: str, how: str) -> None:
    if how == "disabled":
        layer("accounts.changes").set_disabled(thief.id, disabled=True)
    else:
        call("POST /api/auth/delete-user", bearer=thief.token, json={"password": PASSWORD})

    assert verify(call, token).code == "INVALID_TOKEN"


# -- The old address is held ------------------------------------------------------------


def test_a_held_address_cannot_be_taken_by_another_user(
    call: Api, mailbox: Mailbox, cloud: Cloud, token: str, bob: Person
) -> None:
    """The responses are those for a taken address."""
    before = addresses(cloud)
    assert sign_up(call, OLD, "another's own").status == 200
    assert "already" in mailbox.to(OLD)[-1].subject.lower() + mailbox.to(OLD)[-1].text
    assert call(CHANGE, bearer=bob.token, json={"newEmail": OLD}).status == 200

    assert [mail for mail in mailbox.to(OLD) if "another address" in mail.subject] == []
    assert addresses(cloud) == before
    assert verify(call, token).status == 200


def test_nor_without_verification_of_addresses(call: Api, token: str, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false")

    assert (sign_up(call, OLD).status, sign_in(call, OLD).status) == (422, 401)
    assert verify(call, token).status == 200


def test_nor_by_an_earlier_mailed_link(call: Api, mailbox: Mailbox, thief: Person, bob: Person) -> None:
    call(CHANGE, bearer=bob.token, json={"newEmail": THIRD})
    change_email(call, mailbox, thief.token, NEW)
    waiting = mailbox.to(THIRD)[-1].token
    call(CHANGE, bearer=thief.token, json={"newEmail": THIRD})
    assert verify(partial(call, bearer=thief.token), mailbox.to(THIRD)[-1].token).status == 200
    change_email(call, mailbox, thief.token, "fourth@example.com")

    assert verify(partial(call, bearer=bob.token), waiting).code == "INVALID_TOKEN"


def test_nor_by_sign_in_with_a_provider(call: Api, oauth_flow: OAuthFlow, cloud: Cloud, token: str) -> None:
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in(sub="7", email=OLD, email_verified=True)) == "account_not_linked"
    assert verify(call, token).status == 200


def test_a_held_address_is_free_after_eight_days(
    call: Api, people: People, token: str, advance_clock: Callable[..., None]
) -> None:
    """Even before TTL has removed its row."""
    advance_clock(days=8, seconds=1)

    newcomer = people.sign_in(people.verified("ann", password=BETTER), BETTER)

    assert email_of(call, newcomer) == OLD
    assert verify(call, token).code in {"TOKEN_EXPIRED", "INVALID_TOKEN"}


def test_its_former_user_can_change_back_to_it(call: Api, mailbox: Mailbox, ann: Person, token: str) -> None:
    change_email(call, mailbox, ann.token, OLD)

    assert token
    assert email_of(call, ann) == OLD
    assert sign_in(call, OLD).status == 200


def test_a_held_address_neither_signs_in_nor_resets(call: Api, mailbox: Mailbox, token: str) -> None:
    mails = len(mailbox.all)
    call("POST /api/auth/request-password-reset", json={"email": OLD})

    assert token
    assert sign_in(call, OLD).status == 401
    assert len(mailbox.all) == mails


def test_erasing_a_user_frees_all_held_addresses(  # noqa: PLR0917 -- six fixtures
    call: Api, mailbox: Mailbox, cloud: Cloud, thief: Person, token: str, erase: Callable[[], Any]
) -> None:
    change_email(call, mailbox, thief.token, THIRD)
    call("POST /api/auth/delete-user", bearer=thief.token, json={"password": PASSWORD})
    erase()

    assert addresses(cloud) == {}
    assert [row for table in ("UsersTable", "TokensTable") for row in rows(cloud, table) if thief.id in str(row)] == []
    assert not any(OLD in str(row) or NEW in str(row) for row in rows(cloud, "TokensTable"))
    assert verify(call, token).code == "INVALID_TOKEN"


def test_erasing_keeps_an_address_that_another_user_has_since(  # noqa: PLR0917 -- seven fixtures
    call: Api,
    cloud: Cloud,
    people: People,
    thief: Person,
    token: str,
    erase: Callable[[], Any],
    advance_clock: Callable[..., None],
) -> None:
    assert token
    advance_clock(days=6, hours=23)
    assert is_signed_in(call, thief)
    call("POST /api/auth/delete-user", bearer=thief.token, json={"password": PASSWORD})
    advance_clock(days=2)
    newcomer = people.signed_in("ann")
    erase()

    assert addresses(cloud) == {OLD: False}
    assert email_of(call, newcomer) == OLD
