"""POST /api/auth/delete-user: a person goes, at once and everywhere, and their address is free."""

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
GONE = {"success": True, "message": "User deleted"}
MAILED = {"success": True, "message": "Verification email sent"}


def test_the_password_speaks_for_it(call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud) -> None:
    """Even when the session is not fresh."""
    advance_clock(days=2)

    answer = call(DELETE, bearer=ann.token, json={"password": PASSWORD})

    assert (answer.status, answer.json, answer.cookies) == (200, GONE, CLEARED_COOKIES)
    assert not is_signed_in(call, ann)
    assert rows(cloud, "UsersTable") == []
    assert sign_in(call, ann.email).code == "INVALID_EMAIL_OR_PASSWORD"


def test_who_is_gone_is_not_reminded_any_more(call: Api, ann: Person, cloud: Cloud) -> None:
    wanted = {"taskReminders": True, "timeZone": "Europe/Berlin"}
    assert call("POST /api/auth/update-user", bearer=ann.token, json=wanted).status == 200

    call(DELETE, bearer=ann.token, json={"password": PASSWORD})

    assert [row["sk"] for row in rows(cloud, "UsersTable")] == ["ZONES"]


def test_a_fresh_session_speaks_for_it_as_well(call: Api, people: People, cloud: Cloud) -> None:
    for body in (None, "{}", "null", '{"password": null}'):
        ann = people.signed_in("ann")
        answer = call(
            DELETE, cookies=[ann.cookie], headers=TRUSTED_ORIGIN | {"content-type": "application/json"}, body=body
        )
        assert (answer.status, answer.json, answer.cookies) == (200, GONE, CLEARED_COOKIES), body
        assert rows(cloud, "UsersTable") == []


def test_a_wrong_password_deletes_nobody_however_fresh_the_session(call: Api, ann: Person, cloud: Cloud) -> None:
    wrong = {"": "INVALID_PASSWORD", "wrong": "INVALID_PASSWORD", "x" * 129: "PASSWORD_TOO_LONG"}

    with tables_unchanged(cloud):
        for password, code in wrong.items():
            answer = call(DELETE, bearer=ann.token, json={"password": password})
            assert (answer.status, answer.code, answer.cookies) == (400, code, []), password


def test_a_session_that_is_not_fresh_takes_more(
    call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud
) -> None:
    """S-43."""
    advance_clock(days=1)
    with tables_unchanged(cloud):
        answer = call(DELETE, bearer=ann.token, json={})

        assert (answer.status, answer.code) == (400, "SESSION_EXPIRED")


def test_cve_2026_67334_every_session_is_dead_although_its_row_is_still_there(
    call: Api, people: People, ann: Person, cloud: Cloud
) -> None:
    """S-32, S-41: on which routes, tests/layer/test_sessions_ended.py says."""
    everybody = [ann, *(people.sign_in(ann.email) for _ in range(2))]
    call(DELETE, bearer=ann.token, json={"password": PASSWORD})

    assert not any(is_signed_in(call, person) for person in everybody)
    assert len(rows(cloud, "SessionsTable")) == 3


def test_nobody_else_goes(call: Api, people: People, ann: Person) -> None:
    bob = people.signed_in("bob")

    call(DELETE, bearer=ann.token, json={})

    assert is_signed_in(call, bob)
    assert sign_in(call, bob.email).status == 200


def test_the_address_can_be_signed_up_anew(call: Api, people: People, ann: Person) -> None:
    """The newcomer is somebody else, to whom no old session belongs."""
    call(DELETE, bearer=ann.token, json={})

    newcomer = people.sign_in(people.verified("ann", password="a newcomer's own"), "a newcomer's own")

    assert newcomer.id != ann.id
    assert is_signed_in(call, newcomer)
    assert not is_signed_in(call, ann)
    assert call("GET /api/tasks", bearer=newcomer.token).json["tasks"] == []


def test_a_link_for_a_new_password_opens_no_newcomers_account(
    call: Api, people: People, mailbox: Mailbox, ann: Person
) -> None:
    token = request_reset(call, mailbox, ann.email)
    call(DELETE, bearer=ann.token, json={})
    people.verified("ann", password="a newcomer's own")

    assert reset_password(call, token, "a better password").code == "INVALID_TOKEN"
    assert sign_in(call, ann.email, "a newcomer's own").status == 200


def test_a_move_to_another_address_that_races_the_deletion_leaves_no_address_behind(
    call: Api, mailbox: Mailbox, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever wins: an address without a person could never be signed up again."""
    call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": "new@example.com"})
    token = mailbox.to("new@example.com")[-1].token
    interleave(monkeypatch, "accounts.changes", "transact", lambda: verify(call, token))

    call(DELETE, bearer=ann.token, json={})

    people_left = {row["user_id"] for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"}
    assert {row["user_id"] for row in rows(cloud, "UsersTable") if row["sk"] == "EMAIL"} == people_left


def test_a_change_of_password_that_races_the_deletion_saves_the_account(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was just taken back cannot be deleted by whoever held it."""
    body = {"currentPassword": PASSWORD, "newPassword": "a better password"}
    interleave(
        monkeypatch,
        "accounts.changes",
        "delete_profile",
        lambda: call("POST /api/auth/change-password", bearer=ann.token, json=body),
    )

    assert call(DELETE, bearer=ann.token, json={}).status in {400, 401}

    assert sign_in(call, ann.email, "a better password").status == 200


def test_of_twenty_at_once_all_are_answered_and_the_person_is_gone(call: Api, ann: Person, cloud: Cloud) -> None:
    answers = run_concurrently(lambda _: call(DELETE, bearer=ann.token, json={}), range(20))

    assert [answer.status for answer in answers].count(200) == 1
    assert {answer.status for answer in answers} <= {200, 400, 401}
    assert rows(cloud, "UsersTable") == []


def test_a_mail_comes_first_where_that_is_the_setting(
    call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    """Also for a session that is not fresh, and not for a wrong password."""
    settings(delete_user_by_mail="true")
    advance_clock(days=2)
    before = len(mailbox.all)
    assert call(DELETE, bearer=ann.token, json={"password": "wrong"}).code == "INVALID_PASSWORD"

    answer = call(DELETE, bearer=ann.token, json={"callbackURL": "/bye"})

    (mail,) = mailbox.all[before:]
    assert (answer.status, answer.json, answer.cookies) == (200, MAILED, [])
    assert mail.to == ann.email
    assert mail.link.startswith("https://api.example.com/api/auth/delete-user/callback?token=")
    assert mail.link.endswith("&callbackURL=%2Fbye")
    assert is_signed_in(call, ann)
    assert sign_in(call, ann.email).status == 200


@pytest.fixture
def token(call: Api, mailbox: Mailbox, ann: Person, settings: Callable[..., None]) -> str:
    """What Ann was mailed."""
    settings(delete_user_by_mail="true")
    call(DELETE, bearer=ann.token, json={})
    return mailbox.to(ann.email)[-1].token


def test_the_mailed_token_speaks_for_it_in_a_body(call: Api, ann: Person, token: str, cloud: Cloud) -> None:
    answer = call(DELETE, bearer=ann.token, json={"token": token})

    assert (answer.status, answer.json, answer.cookies) == (200, GONE, CLEARED_COOKIES)
    assert rows(cloud, "UsersTable") == []
    assert not is_signed_in(call, ann)


def test_somebody_elses_token_deletes_neither(call: Api, people: People, ann: Person, token: str) -> None:
    bob = people.signed_in("bob")

    answer = call(DELETE, bearer=bob.token, json={"token": token})

    assert (answer.status, answer.code) == (404, "INVALID_TOKEN")
    assert (is_signed_in(call, ann), is_signed_in(call, bob)) == (True, True)


def test_signing_out_everywhere_makes_the_link_worthless(call: Api, people: People, ann: Person, token: str) -> None:
    call("POST /api/auth/revoke-sessions", bearer=ann.token)
    again = people.sign_in(ann.email)

    assert call(DELETE, bearer=again.token, json={"token": token}).status == 404
    assert is_signed_in(call, again)


def test_a_wrong_password_beside_a_good_token_deletes_nobody(call: Api, ann: Person, token: str) -> None:
    answer = call(DELETE, bearer=ann.token, json={"token": token, "password": "not the password"})

    assert (answer.status, answer.code) == (400, "INVALID_PASSWORD")
    assert is_signed_in(call, ann)


def test_where_the_link_leads_is_checked_before_anything_happens(call: Api, ann: Person) -> None:
    answer = call(DELETE, bearer=ann.token, json={"callbackURL": "https://evil.example"})

    assert (answer.status, answer.code) == (403, "INVALID_CALLBACK_URL")
    assert is_signed_in(call, ann)


def test_who_never_verified_can_go_as_well(call: Api, cloud: Cloud, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false")
    token = sign_up(call, "ann@example.com").json["token"]

    assert call(DELETE, bearer=token, json={"password": PASSWORD}).status == 200

    assert rows(cloud, "UsersTable") == []
    assert sign_up(call, "ann@example.com").status == 200
