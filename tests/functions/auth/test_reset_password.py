"""POST /api/auth/reset-password sets a new password with a mailed token; GET redirects the mailed link to its page."""

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
    """The token mailed to Ann."""
    return request_reset(call, mailbox, ann.email)


def test_a_reset_ends_every_session_and_the_old_password(
    call: Api, people: People, mailbox: Mailbox, ann: Person
) -> None:
    """S-40: it signs nobody in, and the user is notified."""
    phone = people.sign_in(ann.email)
    token = request_reset(call, mailbox, ann.email)

    response = reset_password(call, token, NEW)

    assert (response.status, response.json, response.cookies) == (200, {"status": True}, [])
    assert [call("GET /api/auth/me", bearer=person.token).status for person in (ann, phone)] == [401, 401]
    assert [call("GET /api/tasks", cookies=[person.cookie]).status for person in (ann, phone)] == [401, 401]
    assert sign_in(call, ann.email).status == 401
    assert sign_in(call, ann.email, NEW).status == 200
    assert "was changed" in mailbox.to(ann.email)[-1].subject


@pytest.mark.parametrize("form", ["newPassword", "password", "query"])
def test_the_token_and_the_password_are_accepted_in_all_the_protocols_forms(
    call: Api, ann: Person, token: str, form: str
) -> None:
    by_query = {"json": {"newPassword": NEW}, "query": {"token": token}}
    request = by_query if form == "query" else {"json": {form: NEW, "token": token}}

    assert call("POST /api/auth/reset-password", **request).status == 200
    assert sign_in(call, ann.email, NEW).status == 200


def test_a_token_works_once(call: Api, ann: Person, token: str) -> None:
    """S-46."""
    reset_password(call, token, NEW)

    assert reset_password(call, token, "one more password").code == "INVALID_TOKEN"
    assert sign_in(call, ann.email, NEW).status == 200


def test_cve_2026_53518_of_twenty_concurrent_resets_one_succeeds(call: Api, ann: Person, token: str) -> None:
    passwords = [f"the password of number {number}" for number in range(20)]

    responses = run_concurrently(lambda password: reset_password(call, token, password), passwords)

    assert sorted(response.status for response in responses) == [200, *[400] * 19]
    assert {response.code for response in responses} == {None, "INVALID_TOKEN"}
    assert [sign_in(call, ann.email, password).status for password in passwords] == [
        200 if response.status == 200 else 401 for response in responses
    ]


@pytest.mark.parametrize(("password", "code"), [("short", "PASSWORD_TOO_SHORT"), ("x" * 129, "PASSWORD_TOO_LONG")])
def test_a_refused_password_does_not_consume_the_token(call: Api, token: str, password: str, code: str) -> None:
    assert reset_password(call, token, password).code == code
    assert call.aws_operations == []
    assert reset_password(call, token, NEW).status == 200


def test_another_reset_invalidates_the_token(
    call: Api, ann: Person, token: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-52: also if the other reset ends while this one is under way."""

    def concurrent_reset() -> None:
        reset_password(call, request_reset(call, mailbox, ann.email), "the newest password")

    interleave(monkeypatch, "accounts.passwords", "hash_password", concurrent_reset)

    assert reset_password(call, token, NEW).code == "INVALID_TOKEN"
    assert sign_in(call, ann.email, "the newest password").status == 200


@pytest.mark.parametrize(
    ("callback", "location"),
    [
        ("https://app.example.com/new?a=1", "https://app.example.com/new?a=1&token={token}"),
        ("/account", "https://api.example.com/account?token={token}"),
    ],
)
def test_the_link_redirects_to_the_page_and_consumes_nothing(
    call: Api, token: str, cloud: Cloud, callback: str, location: str
) -> None:
    """S-47; the protocol's Location is absolute."""
    with tables_unchanged(cloud):
        for _ in range(5):
            response = call(FOLLOW, token=token, query={"callbackURL": callback})
            assert (response.status, response.headers["location"]) == (302, location.format(token=token))
    assert reset_password(call, token, NEW).status == 200


def test_a_used_link_redirects_with_an_error(call: Api, token: str) -> None:
    reset_password(call, token, NEW)

    response = call(FOLLOW, token=token, query={"callbackURL": "https://app.example.com/new"})
    nowhere = call(FOLLOW, token="x", query={"callbackURL": ""})

    assert (response.status, response.headers["location"]) == (302, "https://app.example.com/new?error=INVALID_TOKEN")
    assert nowhere.status == 302
    assert nowhere.headers["location"].startswith("https://api.example.com/")
    assert nowhere.headers["location"].endswith("?error=INVALID_TOKEN")


def test_the_link_needs_a_trusted_callback(call: Api) -> None:
    assert call(FOLLOW, token="x").code == "VALIDATION_ERROR"
    assert call(FOLLOW, token="x", query={"callbackURL": "https://evil.example"}).code == "INVALID_CALLBACK_URL"
