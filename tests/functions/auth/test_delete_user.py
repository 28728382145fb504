"""POST /api/auth/delete-user: deletes the user and ends all sessions at once; the address is free again."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import (
    CLEARED_COOKIES,
    TRUSTED_ORIGIN,
    is_signed_in,
    request_reset,
    reset_password,
    sign_in,
    sign_up,
    verify,
)
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows, tables_unchanged

DELETE = "POST /api/auth/delete-user"
DELETED = {"success": True, "message": "User deleted"}
MAILED = {"success": True, "message": "Verification email sent"}


def test_the_password_authorizes_deletion(
    call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud
) -> None:
    """Even when the session is not fresh."""
    advance_clock(days=2)

    response = call(DELETE, bearer=ann.token, json={"password": PASSWORD})

    assert (response.status, response.json, response.cookies) == (200, DELETED, CLEARED_COOKIES)
    assert not is_signed_in(call, ann)
    assert rows(cloud, "UsersTable") == []
    assert sign_in(call, ann.email).code == "INVALID_EMAIL_OR_PASSWORD"


def test_a_deleted_user_is_not_reminded(call: Api, ann: Person, cloud: Cloud) -> None:
    wanted = {"taskReminders": True, "timeZone": "Europe/Berlin"}
    assert call("POST /api/auth/update-user", bearer=ann.token, json=wanted).status == 200

    call(DELETE, bearer=ann.token, json={"password": PASSWORD})

    assert [row["sk"] for row in rows(cloud, "UsersTable")] == ["ZONES"]


def test_a_fresh_session_authorizes_deletion(call: Api, people: People, cloud: Cloud) -> None:
    for body in (None, "{}", "null", '{"password": null}'):
        ann = people.signed_in("ann")
        response = call(
            DELETE, cookies=[ann.cookie], headers=TRUSTED_ORIGIN | {"content-type": "application/json"}, body=body
        )
        assert (response.status, response.json, response.cookies) == (200, DELETED, CLEARED_COOKIES), body
        assert rows(cloud, "UsersTable") == []


def test_a_wrong_password_deletes_nobody_even_with_a_fresh_session(call: Api, ann: Person, cloud: Cloud) -> None:
    wrong = {"": "INVALID_PASSWORD", "wrong": "INVALID_PASSWORD", "x" * 129: "PASSWORD_TOO_LONG"}

    with tables_unchanged(cloud):
        for password, code in wrong.items():
            response = call(DELETE, bearer=ann.token, json={"password": password})
            assert (response.status, response.code, response.cookies) == (400, code, []), password


def test_a_session_that_is_not_fresh_is_not_enough(
    call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud
) -> None:
    """S-43."""
    advance_clock(days=1)
    with tables_unchanged(cloud):
        response = call(DELETE, bearer=ann.token, json={})

        assert (response.status, response.code) == (400, "SESSION_EXPIRED")


def test_cve_2026_67334_every_session_is_invalid_although_its_row_exists(
    call: Api, people: People, ann: Person, cloud: Cloud
) -> None:
    """S-32, S-41: tests/layer/test_sessions_ended.py covers all routes."""
    sessions = [ann, *(people.sign_in(ann.email) for _ in range(2))]
    call(DELETE, bearer=ann.token, json={"password": PASSWORD})

    assert not any(is_signed_in(call, person) for person in sessions)
    assert len(rows(cloud, "SessionsTable")) == 3


def test_other_users_are_not_deleted(call: Api, people: People, ann: Person) -> None:
    bob = people.signed_in("bob")

    call(DELETE, bearer=ann.token, json={})

    assert is_signed_in(call, bob)
    assert sign_in(call, bob.email).status == 200


def test_the_address_can_be_signed_up_again(call: Api, people: People, ann: Person) -> None:
    """The new user has another id, and the old sessions are invalid."""
    call(DELETE, bearer=ann.token, json={})

    new_user = people.sign_in(people.verified("ann", password="the new user's own"), "the new user's own")

    assert new_user.id != ann.id
    assert is_signed_in(call, new_user)
    assert not is_signed_in(call, ann)
    assert call("GET /api/tasks", bearer=new_user.token).json["tasks"] == []


def test_a_reset_link_does_not_work_for_a_later_user_of_the_address(
    call: Api, people: People, mailbox: Mailbox, ann: Person
) -> None:
    token = request_reset(call, mailbox, ann.email)
    call(DELETE, bearer=ann.token, json={})
    people.verified("ann", password="the new user's own")

    assert reset_password(call, token, "a better password").code == "INVALID_TOKEN"
    assert sign_in(call, ann.email, "the new user's own").status == 200


def test_a_concurrent_change_of_address_leaves_no_orphaned_address(  # noqa: PLR0917 -- six fixtures
    call: Api,
    mailbox: Mailbox,
    ann: Person,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    settings: Callable[..., None],
) -> None:
    """An address row without a profile could never be signed up again."""
    settings(confirm_email_change="false")
    call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": "new@example.com"})
    token = mailbox.to("new@example.com")[-1].token
    interleave(monkeypatch, "accounts.changes", "transact", lambda: verify(call, token, password=PASSWORD))

    call(DELETE, bearer=ann.token, json={})

    remaining = {row["user_id"] for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"}
    assert {row["user_id"] for row in rows(cloud, "UsersTable") if row["sk"] == "EMAIL"} == remaining


def test_a_concurrent_change_of_password_prevents_the_deletion(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that the change has just ended cannot delete the account."""
    body = {"currentPassword": PASSWORD, "newPassword": "a better password"}
    interleave(
        monkeypatch,
        "accounts.changes",
        "delete_profile",
        lambda: call("POST /api/auth/change-password", bearer=ann.token, json=body),
    )

    assert call(DELETE, bearer=ann.token, json={}).status in {400, 401}

    assert sign_in(call, ann.email, "a better password").status == 200


def test_of_twenty_concurrent_deletions_one_succeeds(call: Api, ann: Person, cloud: Cloud) -> None:
    responses = run_concurrently(lambda _: call(DELETE, bearer=ann.token, json={}), range(20))

    assert [response.status for response in responses].count(200) == 1
    assert {response.status for response in responses} <= {200, 400, 401}
    assert rows(cloud, "UsersTable") == []


def test_with_the_setting_deletion_is_confirmed_by_mail(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    """Not after a wrong password."""
    settings(delete_user_by_mail="true")
    advance_clock(days=2)
    before = len(mailbox.all)
    assert call(DELETE, bearer=ann.token, json={"password": "wrong"}).code == "INVALID_PASSWORD"

    response = call(DELETE, bearer=ann.token, json={"password": PASSWORD, "callbackURL": "/sign-in"})

    (mail,) = mailbox.all[before:]
    assert (response.status, response.json, response.cookies) == (200, MAILED, [])
    assert mail.to == ann.email
    assert mail.link.startswith("https://api.example.com/api/auth/delete-user/callback?token=")
    assert mail.link.endswith("&callbackURL=%2Fsign-in")
    assert is_signed_in(call, ann)
    assert sign_in(call, ann.email).status == 200


@pytest.fixture
def token(call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]) -> str:
    """The token mailed to Ann."""
    settings(delete_user_by_mail="true")
    call(DELETE, bearer=ann.token, json={})
    return mailbox.to(ann.email)[-1].token


def test_the_mailed_token_authorizes_deletion_in_a_body(call: Api, ann: Person, token: str, cloud: Cloud) -> None:
    response = call(DELETE, bearer=ann.token, json={"token": token})

    assert (response.status, response.json, response.cookies) == (200, DELETED, CLEARED_COOKIES)
    assert rows(cloud, "UsersTable") == []
    assert not is_signed_in(call, ann)


def test_another_users_token_deletes_nobody(call: Api, people: People, ann: Person, token: str) -> None:
    bob = people.signed_in("bob")

    response = call(DELETE, bearer=bob.token, json={"token": token})

    assert (response.status, response.code) == (404, "INVALID_TOKEN")
    assert (is_signed_in(call, ann), is_signed_in(call, bob)) == (True, True)


def test_revoking_all_sessions_invalidates_the_link(call: Api, people: People, ann: Person, token: str) -> None:
    call("POST /api/auth/revoke-sessions", bearer=ann.token)
    again = people.sign_in(ann.email)

    assert call(DELETE, bearer=again.token, json={"token": token}).status == 404
    assert is_signed_in(call, again)


def test_a_wrong_password_beside_a_valid_token_deletes_nobody(call: Api, ann: Person, token: str) -> None:
    response = call(DELETE, bearer=ann.token, json={"token": token, "password": "not the password"})

    assert (response.status, response.code) == (400, "INVALID_PASSWORD")
    assert is_signed_in(call, ann)


def test_the_callback_url_is_checked_first(call: Api, ann: Person) -> None:
    response = call(DELETE, bearer=ann.token, json={"callbackURL": "https://evil.example"})

    assert (response.status, response.code) == (403, "INVALID_CALLBACK_URL")
    assert is_signed_in(call, ann)


def test_an_unverified_user_can_be_deleted(call: Api, cloud: Cloud, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false")
    token = sign_up(call, "ann@example.com").json["token"]

    assert call(DELETE, bearer=token, json={"password": PASSWORD}).status == 200

    assert rows(cloud, "UsersTable") == []
    assert sign_up(call, "ann@example.com").status == 200
