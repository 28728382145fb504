"""GET /api/auth/delete-user/callback: the mailed link deletes the person who is signed in, if it was mailed to them."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import CLEARED_COOKIES, is_signed_in
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.tables import rows, tables_unchanged

FOLLOW, DELETE = "GET /api/auth/delete-user/callback", "POST /api/auth/delete-user"
GONE = {"success": True, "message": "User deleted"}


@pytest.fixture
def ann(people: People, settings: Callable[..., None]) -> Person:
    """Somebody signed in, where deleting takes a mail."""
    settings(delete_user_by_mail="true")
    return people.signed_in("ann")


@pytest.fixture
def token(call: Api, mailbox: Mailbox, ann: Person) -> str:
    """What Ann was mailed."""
    call(DELETE, bearer=ann.token, json={})
    return mailbox.to(ann.email)[-1].token


def test_the_link_of_the_mail_works_as_it_stands(call: Api, mailbox: Mailbox, ann: Person, cloud: Cloud) -> None:
    call(DELETE, bearer=ann.token, json={"callbackURL": "https://app.example.com/bye?a=1"})
    link = urlsplit(mailbox.last.link)
    assert link.path == FOLLOW.partition(" ")[2]

    answer = call(FOLLOW, cookies=[ann.cookie], query=link.query)

    assert (answer.status, answer.headers["location"]) == (302, "https://app.example.com/bye?a=1")
    assert parse_qs(link.query)["callbackURL"] == [answer.headers["location"]]
    assert answer.cookies == CLEARED_COOKIES
    assert rows(cloud, "UsersTable") == []
    assert not is_signed_in(call, ann)


def test_without_a_callback_it_just_says_so(call: Api, ann: Person, token: str) -> None:
    answer = call(FOLLOW, cookies=[ann.cookie], query={"token": token})

    assert (answer.status, answer.json, answer.cookies) == (200, GONE, CLEARED_COOKIES)
    assert not is_signed_in(call, ann)


@pytest.mark.parametrize("bearer", [None, "garbage"])
def test_nobody_signed_in_deletes_nobody(call: Api, ann: Person, token: str, cloud: Cloud, bearer: str | None) -> None:
    """S-47: neither does a mail scanner, which has no session."""
    with tables_unchanged(cloud):
        for _ in range(3):
            answer = call(FOLLOW, bearer=bearer, query={"token": token})
            assert (answer.status, answer.code, answer.cookies) == (404, "FAILED_TO_GET_USER_INFO", [])
    assert is_signed_in(call, ann)


def test_a_session_that_ended_deletes_nobody(call: Api, people: People, ann: Person, token: str) -> None:
    other = people.sign_in(ann.email)
    call("POST /api/auth/sign-out", bearer=other.token)

    answer = call(FOLLOW, cookies=[other.cookie], query={"token": token})

    assert (answer.status, answer.code) == (404, "FAILED_TO_GET_USER_INFO")
    assert is_signed_in(call, ann)


def test_the_link_of_somebody_else_deletes_neither(call: Api, people: People, ann: Person, token: str) -> None:
    bob = people.signed_in("bob")

    answer = call(FOLLOW, cookies=[bob.cookie], query={"token": token})

    assert (answer.status, answer.code, answer.cookies) == (404, "INVALID_TOKEN", [])
    assert (is_signed_in(call, ann), is_signed_in(call, bob)) == (True, True)


def test_used_twice_it_finds_nobody_and_not_who_has_the_address_now(
    call: Api, people: People, ann: Person, token: str
) -> None:
    call(FOLLOW, cookies=[ann.cookie], query={"token": token})
    again = call(FOLLOW, cookies=[ann.cookie], query={"token": token})
    newcomer = people.signed_in("ann")
    answer = call(FOLLOW, cookies=[newcomer.cookie], query={"token": token})

    assert (again.status, again.code) == (404, "FAILED_TO_GET_USER_INFO")
    assert (answer.status, answer.code) == (404, "INVALID_TOKEN")
    assert is_signed_in(call, newcomer)


def test_of_twenty_at_once_one_deletes(call: Api, ann: Person, token: str, cloud: Cloud) -> None:
    answers = run_concurrently(lambda _: call(FOLLOW, bearer=ann.token, query={"token": token}), range(20))

    assert sorted(answer.status for answer in answers) == [200, *[404] * 19]
    assert {row["sk"] for row in rows(cloud, "UsersTable")} == set()


def test_a_token_must_be_given(call: Api, ann: Person) -> None:
    assert call(FOLLOW, cookies=[ann.cookie]).code == "VALIDATION_ERROR"
    assert is_signed_in(call, ann)


def test_it_leads_to_no_foreign_site_and_deletes_nobody(call: Api, ann: Person, token: str) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = call(FOLLOW, cookies=[ann.cookie], query={"token": token, "callbackURL": target})
        assert (answer.status, answer.code) == (403, "INVALID_CALLBACK_URL"), target
    assert is_signed_in(call, ann)
