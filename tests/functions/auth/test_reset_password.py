"""POST /api/auth/reset-password sets a new password with a mailed token; GET leads the mailed link to its page."""

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.tables import tables_unchanged

NEW = "a better password"
FOLLOW = "GET /api/auth/reset-password/{token}"


@pytest.fixture
def token(call: Api, mailbox: Mailbox, ann: Person) -> str:
    """What Ann was mailed."""
    return request_reset(call, mailbox, ann.email)


def test_a_new_password_ends_the_old_one_and_every_session(
    call: Api, people: People, mailbox: Mailbox, ann: Person
) -> None:
    """S-40: nobody is signed in by it, and the owner is told."""
    phone = people.sign_in(ann.email)
    token = request_reset(call, mailbox, ann.email)

    answer = reset_password(call, token, NEW)

    assert (answer.status, answer.json, answer.cookies) == (200, {"status": True}, [])
    assert [call("GET /api/auth/me", bearer=person.token).status for person in (ann, phone)] == [401, 401]
    assert [call("GET /api/tasks", cookies=[person.cookie]).status for person in (ann, phone)] == [401, 401]
    assert sign_in(call, ann.email).status == 401
    assert sign_in(call, ann.email, NEW).status == 200
    assert "was changed" in mailbox.to(ann.email)[-1].subject


@pytest.mark.parametrize("form", ["newPassword", "password", "query"])
def test_the_token_and_the_password_come_in_the_protocols_ways(call: Api, ann: Person, token: str, form: str) -> None:
    by_query = {"json": {"newPassword": NEW}, "query": {"token": token}}
    request = by_query if form == "query" else {"json": {form: NEW, "token": token}}

    assert call("POST /api/auth/reset-password", **request).status == 200
    assert sign_in(call, ann.email, NEW).status == 200


def test_a_link_works_once(call: Api, ann: Person, token: str) -> None:
    """S-46."""
    reset_password(call, token, NEW)

    assert reset_password(call, token, "one more password").code == "INVALID_TOKEN"
    assert sign_in(call, ann.email, NEW).status == 200


def test_cve_2026_53518_of_twenty_at_once_one_wins_and_no_other_password_works(
    call: Api, ann: Person, token: str
) -> None:
    passwords = [f"the password of number {number}" for number in range(20)]

    answers = run_concurrently(lambda password: reset_password(call, token, password), passwords)

    assert sorted(answer.status for answer in answers) == [200, *[400] * 19]
    assert {answer.code for answer in answers} == {None, "INVALID_TOKEN"}
    assert [sign_in(call, ann.email, password).status for password in passwords] == [
        200 if answer.status == 200 else 401 for answer in answers
    ]


@pytest.mark.parametrize(("password", "code"), [("short", "PASSWORD_TOO_SHORT"), ("x" * 129, "PASSWORD_TOO_LONG")])
def test_a_password_that_is_refused_does_not_spend_the_token(call: Api, token: str, password: str, code: str) -> None:
    assert reset_password(call, token, password).code == code
    assert call.aws_operations == []
    assert reset_password(call, token, NEW).status == 200


def test_a_token_from_before_another_reset_is_worth_nothing(
    call: Api, ann: Person, token: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-52: it is bound to the state that it may change, even when both are on their way at once."""

    def another() -> None:
        reset_password(call, request_reset(call, mailbox, ann.email), "the newest password")

    interleave(monkeypatch, "accounts.passwords", "hash_password", another)

    assert reset_password(call, token, NEW).code == "INVALID_TOKEN"
    assert sign_in(call, ann.email, "the newest password").status == 200


@pytest.mark.parametrize(
    ("callback", "location"),
    [
        ("https://app.example.com/new?a=1", "https://app.example.com/new?a=1&token={token}"),
        ("/new", "https://api.example.com/new?token={token}"),
    ],
)
def test_following_the_link_leads_to_the_page_and_spends_nothing(
    call: Api, token: str, cloud: Cloud, callback: str, location: str
) -> None:
    """S-47; the protocol's Location is absolute."""
    with tables_unchanged(cloud):
        for _ in range(5):
            answer = call(FOLLOW, token=token, query={"callbackURL": callback})
            assert (answer.status, answer.headers["location"]) == (302, location.format(token=token))
    assert reset_password(call, token, NEW).status == 200


def test_following_a_link_that_is_over_tells_the_page(call: Api, token: str) -> None:
    reset_password(call, token, NEW)

    answer = call(FOLLOW, token=token, query={"callbackURL": "https://app.example.com/new"})
    nowhere = call(FOLLOW, token="x", query={"callbackURL": ""})

    assert (answer.status, answer.headers["location"]) == (302, "https://app.example.com/new?error=INVALID_TOKEN")
    assert nowhere.status == 302
    assert nowhere.headers["location"].startswith("https://api.example.com/")
    assert nowhere.headers["location"].endswith("?error=INVALID_TOKEN")


def test_the_link_needs_to_know_where_it_leads(call: Api) -> None:
    assert call(FOLLOW, token="x").code == "VALIDATION_ERROR"
    assert call(FOLLOW, token="x", query={"callbackURL": "https://evil.example"}).code == "INVALID_CALLBACK_URL"
