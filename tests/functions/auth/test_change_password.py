"""POST /api/auth/change-password: sets a new password, given the current one, and ends the other sessions."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import sign_in
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows, tables_unchanged

CHANGE = "POST /api/auth/change-password"
NEW = "a better password"


def change_password(call: Api, person: Person, current: str = PASSWORD, new: str = NEW, **more: Any) -> Response:
    """Change the password."""
    return call(CHANGE, bearer=person.token, json={"currentPassword": current, "newPassword": new} | more)


def status(call: Api, token: str) -> int:
    """Return the status of a request with the token."""
    return call("GET /api/auth/me", bearer=token).status


def test_the_new_password_works_and_the_old_one_does_not(call: Api, ann: Person) -> None:
    response = change_password(call, ann)

    assert (response.status, response.cookies) == (200, [])
    assert (set(response.json), response.json["token"]) == ({"token", "user"}, None)
    assert response.json["user"]["email"] == ann.email
    assert sign_in(call, ann.email).code == "INVALID_EMAIL_OR_PASSWORD"
    assert sign_in(call, ann.email, NEW).status == 200


@pytest.mark.parametrize("more", [{}, {"revokeOtherSessions": False}])
def test_the_current_session_stays_and_all_others_end(
    call: Api, people: People, ann: Person, more: dict[str, Any]
) -> None:
    """C33, S-39."""
    others = [people.sign_in(ann.email) for _ in range(3)]

    change_password(call, ann, **more)

    assert status(call, ann.token) == 200
    assert call("GET /api/tasks", cookies=[ann.cookie]).status == 200
    assert {status(call, other.token) for other in others} == {401}


def test_the_current_session_is_replaced_on_request(call: Api, people: People, ann: Person) -> None:
    """C33: the new session comes as token and as cookie."""
    other = people.sign_in(ann.email)

    response = change_password(call, ann, revokeOtherSessions=True)

    (cookie,) = response.cookies
    token = response.json["token"]
    assert [status(call, ended) for ended in (ann.token, other.token)] == [401, 401]
    assert call("GET /api/auth/me", cookies=[ann.cookie]).status == 401
    assert status(call, token) == 200
    assert call("GET /api/auth/me", cookies=[cookie.partition(";")[0]]).json["user"]["id"] == ann.id
    assert response.headers["set-auth-token"].startswith(token)
    assert "Max-Age=604800" in cookie


def test_the_replacement_of_a_session_that_is_not_remembered_is_not_remembered(call: Api, people: People) -> None:
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    token = call("POST /api/auth/sign-in/email", json=given).json["token"]
    body = {"currentPassword": PASSWORD, "newPassword": NEW, "revokeOtherSessions": True}

    session, dont_remember = call(CHANGE, bearer=token, json=body).cookies

    assert "Max-Age" not in session
    assert dont_remember.startswith("__Secure-better-auth.dont_remember=true.")


def test_the_new_password_is_validated_before_the_current_one_is_verified(call: Api, ann: Person, cloud: Cloud) -> None:
    """In the protocol's order; nothing changes and no session ends."""
    judged = [("short", "PASSWORD_TOO_SHORT"), ("x" * 129, "PASSWORD_TOO_LONG")]
    wanted = [(old, *case) for old in ("wrong" * 30, "wrong", PASSWORD) for case in judged]
    wanted += [("wrong" * 30, "password123", "WEAK_PASSWORD"), ("wrong" * 30, NEW, "PASSWORD_TOO_LONG")]
    wanted += [("wrong", NEW, "INVALID_PASSWORD"), ("", NEW, "INVALID_PASSWORD")]

    with tables_unchanged(cloud):
        for old, new, code in wanted:
            response = change_password(call, ann, old, new)
            assert (response.status, response.code, response.cookies) == (400, code, []), (old, new)
    assert status(call, ann.token) == 200


def test_guessable_passwords_are_refused(call: Api, ann: Person) -> None:
    """C11: common passwords, the user's address, the user's name."""
    call("POST /api/auth/update-user", bearer=ann.token, json={"name": "Annabel Lee"})

    for new in ("password123", "PASSWORD123", "ann@example.com", "Ann@Example.com", "Annabel Lee"):
        assert change_password(call, ann, new=new).code == "WEAK_PASSWORD", new
    assert sign_in(call, ann.email).status == 200


def test_the_user_is_notified_only_of_a_change(call: Api, mailbox: Mailbox, ann: Person) -> None:
    before = len(mailbox.all)
    change_password(call, ann, current="wrong")
    assert len(mailbox.all) == before

    change_password(call, ann)

    (notice,) = mailbox.all[before:]
    assert (notice.to, "was changed" in notice.subject) == (ann.email, True)
    assert NEW not in notice.text + notice.html


def is_consistent(call: Api, cloud: Cloud, person: Person, passwords: dict[str, bool]) -> bool:
    """Return whether profile and sessions have the same epoch, and exactly the expected passwords work."""
    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    (epoch,) = (row for row in rows(cloud, "SessionsTable") if row["session_id"] == "EPOCH")
    accepted = {password: sign_in(call, person.email, password).status == 200 for password in passwords}
    return bool(profile["epoch"] == epoch["epoch"] == "2" and accepted == passwords)


def test_of_twenty_concurrent_changes_one_succeeds(call: Api, cloud: Cloud, ann: Person) -> None:
    new = [f"the password of number {number}" for number in range(20)]

    responses = run_concurrently(lambda password: change_password(call, ann, new=password), new)

    won = [response.status == 200 for response in responses]
    assert won.count(True) == 1
    assert {response.code for response in responses} == {None, "INVALID_PASSWORD"}
    assert is_consistent(call, cloud, ann, dict(zip(new, won, strict=True)) | {PASSWORD: False})
    assert status(call, ann.token) == 200


def test_twenty_concurrent_replacements_leave_one_session(call: Api, people: People, cloud: Cloud, ann: Person) -> None:
    devices = [ann, *(people.sign_in(ann.email) for _ in range(19))]

    responses = run_concurrently(lambda device: change_password(call, device, revokeOtherSessions=True), devices)

    (token,) = (response.json["token"] for response in responses if response.status == 200)
    assert {response.status for response in responses} == {200, 401}
    assert is_consistent(call, cloud, ann, {PASSWORD: False, NEW: True})
    assert status(call, token) == 200
    assert {status(call, device.token) for device in devices} == {401}


def test_a_concurrent_sign_out_is_not_undone(
    call: Api, cloud: Cloud, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current session has ended, so nothing is changed."""
    interleave(monkeypatch, "accounts.changes", "transact", lambda: call("POST /api/auth/sign-out", bearer=ann.token))

    assert change_password(call, ann).status == 401
    assert status(call, ann.token) == 401
    assert [row["session_id"] for row in rows(cloud, "SessionsTable")] == ["EPOCH"]
    assert sign_in(call, ann.email).status == 200
