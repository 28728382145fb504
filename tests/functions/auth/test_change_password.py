"""POST /api/auth/change-password: a new password for the old one; whoever else was signed in is no longer."""

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


def changes(call: Api, person: Person, current: str = PASSWORD, new: str = NEW, **more: Any) -> Response:
    """Change a password."""
    return call(CHANGE, bearer=person.token, json={"currentPassword": current, "newPassword": new} | more)


def status(call: Api, token: str) -> int:
    """How the holder of a token is received."""
    return call("GET /api/auth/me", bearer=token).status


def test_the_new_password_works_and_the_old_one_does_not(call: Api, ann: Person) -> None:
    answer = changes(call, ann)

    assert (answer.status, answer.cookies) == (200, [])
    assert (set(answer.json), answer.json["token"]) == ({"token", "user"}, None)
    assert answer.json["user"]["email"] == ann.email
    assert sign_in(call, ann.email).code == "INVALID_EMAIL_OR_PASSWORD"
    assert sign_in(call, ann.email, NEW).status == 200


@pytest.mark.parametrize("more", [{}, {"revokeOtherSessions": False}])
def test_this_session_goes_on_and_every_other_ends(
    call: Api, people: People, ann: Person, more: dict[str, Any]
) -> None:
    """C33, S-39."""
    others = [people.sign_in(ann.email) for _ in range(3)]

    changes(call, ann, **more)

    assert status(call, ann.token) == 200
    assert call("GET /api/tasks", cookies=[ann.cookie]).status == 200
    assert {status(call, other.token) for other in others} == {401}


def test_this_session_is_replaced_where_that_is_asked_for(call: Api, people: People, ann: Person) -> None:
    """C33: the new one comes as token and as cookie."""
    other = people.sign_in(ann.email)

    answer = changes(call, ann, revokeOtherSessions=True)

    (cookie,) = answer.cookies
    token = answer.json["token"]
    assert [status(call, dead) for dead in (ann.token, other.token)] == [401, 401]
    assert call("GET /api/auth/me", cookies=[ann.cookie]).status == 401
    assert status(call, token) == 200
    assert call("GET /api/auth/me", cookies=[cookie.partition(";")[0]]).json["user"]["id"] == ann.id
    assert answer.headers["set-auth-token"].startswith(token)
    assert "Max-Age=604800" in cookie


def test_a_replaced_session_that_was_not_remembered_is_not_remembered_either(call: Api, people: People) -> None:
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    token = call("POST /api/auth/sign-in/email", json=given).json["token"]
    body = {"currentPassword": PASSWORD, "newPassword": NEW, "revokeOtherSessions": True}

    session, dont_remember = call(CHANGE, bearer=token, json=body).cookies

    assert "Max-Age" not in session
    assert dont_remember.startswith("__Secure-better-auth.dont_remember=true.")


def test_the_new_password_is_judged_first_and_then_the_old_one(call: Api, ann: Person, cloud: Cloud) -> None:
    """In the protocol's order; nothing changes and nobody is signed out."""
    judged = [("short", "PASSWORD_TOO_SHORT"), ("x" * 129, "PASSWORD_TOO_LONG")]
    wanted = [(old, *case) for old in ("wrong" * 30, "wrong", PASSWORD) for case in judged]
    wanted += [("wrong" * 30, "password123", "WEAK_PASSWORD"), ("wrong" * 30, NEW, "PASSWORD_TOO_LONG")]
    wanted += [("wrong", NEW, "INVALID_PASSWORD"), ("", NEW, "INVALID_PASSWORD")]

    with tables_unchanged(cloud):
        for old, new, code in wanted:
            answer = changes(call, ann, old, new)
            assert (answer.status, answer.code, answer.cookies) == (400, code, []), (old, new)
    assert status(call, ann.token) == 200


def test_what_is_easy_to_guess_is_refused(call: Api, ann: Person) -> None:
    """C11: what many have, one's own address, one's own name."""
    call("POST /api/auth/update-user", bearer=ann.token, json={"name": "Annabel Lee"})

    for new in ("password123", "PASSWORD123", "ann@example.com", "Ann@Example.com", "Annabel Lee"):
        assert changes(call, ann, new=new).code == "WEAK_PASSWORD", new
    assert sign_in(call, ann.email).status == 200


def test_the_owner_is_told_of_what_happened_alone(call: Api, mailbox: Mailbox, ann: Person) -> None:
    before = len(mailbox.all)
    changes(call, ann, current="wrong")
    assert len(mailbox.all) == before

    changes(call, ann)

    (notice,) = mailbox.all[before:]
    assert (notice.to, "was changed" in notice.subject) == (ann.email, True)
    assert NEW not in notice.text + notice.html


def is_consistent(call: Api, cloud: Cloud, person: Person, passwords: dict[str, bool]) -> bool:
    """Whether the profile is in the epoch of the sessions, and the passwords work that should."""
    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    (epoch,) = (row for row in rows(cloud, "SessionsTable") if row["session_id"] == "EPOCH")
    work = {password: sign_in(call, person.email, password).status == 200 for password in passwords}
    return bool(profile["epoch"] == epoch["epoch"] == "2" and work == passwords)


def test_of_twenty_changes_at_once_one_wins(call: Api, cloud: Cloud, ann: Person) -> None:
    new = [f"the password of number {number}" for number in range(20)]

    answers = run_concurrently(lambda password: changes(call, ann, new=password), new)

    won = [answer.status == 200 for answer in answers]
    assert won.count(True) == 1
    assert {answer.code for answer in answers} == {None, "INVALID_PASSWORD"}
    assert is_consistent(call, cloud, ann, dict(zip(new, won, strict=True)) | {PASSWORD: False})
    assert status(call, ann.token) == 200


def test_of_twenty_replacements_at_once_one_session_is_left(
    call: Api, people: People, cloud: Cloud, ann: Person
) -> None:
    devices = [ann, *(people.sign_in(ann.email) for _ in range(19))]

    answers = run_concurrently(lambda device: changes(call, device, revokeOtherSessions=True), devices)

    (token,) = (answer.json["token"] for answer in answers if answer.status == 200)
    assert {answer.status for answer in answers} == {200, 401}
    assert is_consistent(call, cloud, ann, {PASSWORD: False, NEW: True})
    assert status(call, token) == 200
    assert {status(call, device.token) for device in devices} == {401}


def test_a_sign_out_in_the_middle_is_not_undone(
    call: Api, cloud: Cloud, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session that was to survive is gone, so nothing happens at all."""
    interleave(monkeypatch, "accounts.changes", "transact", lambda: call("POST /api/auth/sign-out", bearer=ann.token))

    assert changes(call, ann).status == 401
    assert status(call, ann.token) == 401
    assert [row["session_id"] for row in rows(cloud, "SessionsTable")] == ["EPOCH"]
    assert sign_in(call, ann.email).status == 200
