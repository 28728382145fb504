"""POST /api/auth/update-user: a person changes their name or picture, and nothing else of themselves."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import everything, rows

UPDATE = "POST /api/auth/update-user"
OURS = {"origin": "https://app.example.com"}
PICTURE = "https://example.com/ann.png"


@pytest.fixture
def ann(people: People) -> Person:
    """Somebody signed in."""
    return people.signed_in("ann")


def user(call: Api, person: Person) -> dict[str, Any]:
    """Who the service says that they are."""
    found: dict[str, Any] = call("GET /api/auth/me", bearer=person.token).json["user"]
    return found


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"name": "Ann Miller"}, {"name": "Ann Miller"}),
        ({"name": "  Ann  "}, {"name": "Ann"}),
        ({"name": ""}, {"name": ""}),
        ({"name": "安 🌱"}, {"name": "安 🌱"}),
        ({"image": PICTURE}, {"image": PICTURE}),
        ({"name": "A", "image": PICTURE}, {"name": "A", "image": PICTURE}),
    ],
)
def test_a_name_and_a_picture_can_be_changed(
    call: Api, ann: Person, later: Callable[..., None], sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    before = user(call, ann)
    later(minutes=1)

    answer = call(UPDATE, bearer=ann.token, json=sent)

    after = user(call, ann)
    assert (answer.status, answer.json) == (200, {"status": True})
    assert after == before | kept | {"updatedAt": after["updatedAt"]}
    assert after["updatedAt"] > before["updatedAt"]


def test_a_picture_is_taken_away_by_null(call: Api, ann: Person) -> None:
    call(UPDATE, bearer=ann.token, json={"image": PICTURE})

    assert call(UPDATE, bearer=ann.token, json={"image": None}).status == 200
    assert user(call, ann)["image"] is None
    assert user(call, ann)["name"] == "ann"


@pytest.mark.parametrize("sent", [{"email": "new@example.com"}, {"email": "new@example.com", "name": "A"}])
def test_an_address_is_not_changed_here(call: Api, ann: Person, cloud: Cloud, sent: dict[str, Any]) -> None:
    before = everything(cloud)

    answer = call(UPDATE, bearer=ann.token, json=sent)

    assert (answer.status, answer.code) == (400, "EMAIL_CAN_NOT_BE_UPDATED")
    assert everything(cloud) == before


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"email": ""},
        {"theme": "dark"},
        {"id": "x", "userId": "x", "user_id": "x"},
        {"emailVerified": False, "email_verified": False},
        {"role": "admin"},
        {"password": "x" * 9, "passwordHash": "x", "password_hash": "x", "epoch": 9, "pk": "x"},
        {"createdAt": "2000-01-01T00:00:00.000Z"},
    ],
)
def test_nothing_else_can_be_changed(call: Api, ann: Person, cloud: Cloud, sent: dict[str, Any]) -> None:
    before = everything(cloud)

    answer = call(UPDATE, bearer=ann.token, json=sent)

    assert (answer.status, answer.code) == (400, "NO_FIELDS_TO_UPDATE")
    assert everything(cloud) == before


def test_what_cannot_be_changed_is_ignored_beside_what_can(call: Api, ann: Person, cloud: Cloud) -> None:
    """C31."""
    before = user(call, ann)
    more = {"id": "x", "emailVerified": False, "role": "admin", "epoch": 9, "password_hash": "x", "theme": "dark"}

    assert call(UPDATE, bearer=ann.token, json={"name": "A"} | more).status == 200

    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    after = user(call, ann)
    assert after == before | {"name": "A", "updatedAt": after["updatedAt"]}
    assert (profile["epoch"], {"role", "theme"} & set(profile)) == ("1", set())
    assert profile["password_hash"].startswith("$argon2id$")


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [{"name": "A"}],
        {"name": None},
        {"name": ["A"]},
        {"name": 1},
        {"name": "a" * 101},
        {"image": 1},
        {"image": "http://example.com/a.png"},
        {"image": "javascript:alert(1)"},
        {"image": "https://example.com/" + "a" * 500},
    ],
    ids=lambda sent: str(sent)[:40],
)
def test_what_cannot_be_kept_is_refused(call: Api, ann: Person, cloud: Cloud, sent: Any) -> None:
    before = everything(cloud)

    answer = call(UPDATE, bearer=ann.token, json=sent)

    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert everything(cloud) == before


def test_the_session_cookie_is_sent_again_as_it_came(call: Api, ann: Person) -> None:
    answer = call(UPDATE, cookies=[ann.cookie], headers=OURS, json={"name": "A"})

    (cookie,) = answer.cookies
    value, _, attributes = cookie.partition("; ")
    assert value == ann.cookie
    assert attributes.startswith("Max-Age=60")
    assert attributes.endswith("; Path=/; HttpOnly; Secure; SameSite=Lax")
    assert call("GET /api/auth/me", cookies=[value]).json["user"]["name"] == "A"


def test_the_cookie_of_a_session_that_is_not_remembered_still_ends_with_the_browser(call: Api, people: People) -> None:
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    session = call("POST /api/auth/sign-in/email", json=given).cookies[0].partition(";")[0]

    (cookie,) = call(UPDATE, cookies=[session], headers=OURS, json={"name": "A"}).cookies

    assert cookie.startswith(session)
    assert "Max-Age" not in cookie


def test_a_token_gets_no_cookie(call: Api, ann: Person) -> None:
    assert call(UPDATE, bearer=ann.token, json={"name": "A"}).cookies == []


def test_a_refusal_sends_no_cookie(call: Api, ann: Person) -> None:
    assert call(UPDATE, cookies=[ann.cookie], headers=OURS, json={}).cookies == []


def test_changing_is_one_read_and_one_write(call: Api, ann: Person) -> None:
    call(UPDATE, bearer=ann.token, json={"name": "A"})

    assert call.calls == ["BatchGetItem", "UpdateItem"]


@pytest.mark.parametrize("bearer", [None, "garbage"])
def test_strangers_change_nobody(call: Api, bearer: str | None) -> None:
    answer = call(UPDATE, bearer=bearer, json={"name": "A"})

    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
