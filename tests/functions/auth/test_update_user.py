"""POST /api/auth/update-user: a person changes their name, picture and settings, and nothing else of themselves."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import TRUSTED_ORIGIN
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows, tables_unchanged

UPDATE = "POST /api/auth/update-user"
PICTURE = "https://example.com/ann.png"
WEBP, JPEG = "data:image/webp;base64,UklGRg==", "data:image/jpeg;base64,/9j/4AA="
PNG = "data:image/png;base64,iVBORw0KGgo="
LARGEST = WEBP.replace("g==", "A" * 7971)  # of 7999 characters: four more would be too many


def user(call: Api, person: Person) -> dict[str, Any]:
    """Who the service says that they are."""
    found: dict[str, Any] = call("GET /api/auth/me", bearer=person.token).json["user"]
    return found


def test_a_name_and_a_picture_can_be_changed(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    wanted = [{"name": name} for name in ("Ann Miller", "  Ann  ", "", "安 🌱")]
    wanted += [{"image": picture} for picture in (PICTURE, WEBP, JPEG, PNG, LARGEST)]

    for sent in [*wanted, {"name": "A", "image": PICTURE}]:
        before = user(call, ann)
        advance_clock(minutes=1)
        answer = call(UPDATE, bearer=ann.token, json=sent)
        after = user(call, ann)
        kept = {name: value.strip() for name, value in sent.items()}
        assert (answer.status, answer.json) == (200, {"status": True})
        assert after == before | kept | {"updatedAt": after["updatedAt"]}
        assert after["updatedAt"] > before["updatedAt"]


def test_a_picture_is_taken_away_by_null(call: Api, ann: Person) -> None:
    call(UPDATE, bearer=ann.token, json={"image": PICTURE})

    assert call(UPDATE, bearer=ann.token, json={"image": None}).status == 200
    assert user(call, ann)["image"] is None
    assert user(call, ann)["name"] == "ann"


def test_an_address_is_not_changed_here(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for more in ({}, {"name": "A"}):
            answer = call(UPDATE, bearer=ann.token, json={"email": "new@example.com"} | more)
            assert (answer.status, answer.code) == (400, "EMAIL_CAN_NOT_BE_UPDATED")


def test_nothing_else_can_be_changed(call: Api, ann: Person, cloud: Cloud) -> None:
    hidden = {"password": "x" * 9, "passwordHash": "x", "password_hash": "x", "epoch": 9, "pk": "x"}
    wrong: list[dict[str, Any]] = [{}, {"email": ""}, {"theme": "dark"}, {"role": "admin"}, hidden]
    wrong += [{"id": "x", "userId": "x", "user_id": "x"}, {"emailVerified": False, "email_verified": False}]
    wrong += [{"createdAt": "2000-01-01T00:00:00.000Z"}, {"timezone": "Europe/Berlin", "taskreminders": True}]

    with tables_unchanged(cloud):
        for sent in wrong:
            answer = call(UPDATE, bearer=ann.token, json=sent)
            assert (answer.status, answer.code) == (400, "NO_FIELDS_TO_UPDATE"), sent


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


def test_the_session_cookie_is_sent_again_as_it_came(call: Api, ann: Person) -> None:
    answer = call(UPDATE, cookies=[ann.cookie], headers=TRUSTED_ORIGIN, json={"name": "A"})

    (cookie,) = answer.cookies
    value, _, attributes = cookie.partition("; ")
    assert value == ann.cookie
    assert attributes.startswith("Max-Age=60")
    assert attributes.endswith("; Path=/; HttpOnly; Secure; SameSite=Lax")
    assert call("GET /api/auth/me", cookies=[value]).json["user"]["name"] == "A"


def test_the_cookie_of_a_session_that_is_not_remembered_still_ends_with_the_browser(call: Api, people: People) -> None:
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    session = call("POST /api/auth/sign-in/email", json=given).cookies[0].partition(";")[0]

    (cookie,) = call(UPDATE, cookies=[session], headers=TRUSTED_ORIGIN, json={"name": "A"}).cookies

    assert cookie.startswith(session)
    assert "Max-Age" not in cookie


def test_a_token_gets_no_cookie(call: Api, ann: Person) -> None:
    assert call(UPDATE, bearer=ann.token, json={"name": "A"}).cookies == []


def test_somebody_elses_cookie_is_not_sent_again(call: Api, people: People, ann: Person) -> None:
    """Who came by a bearer token gets nobody a session."""
    bob, again = people.signed_in("bob"), people.sign_in(ann.email)

    for cookie in (bob.cookie, again.cookie):
        answer = call(UPDATE, bearer=ann.token, cookies=[cookie], headers=TRUSTED_ORIGIN, json={"name": "A"})
        assert (answer.status, answer.cookies) == (200, [])
        assert "set-auth-token" not in answer.headers


STRANGE = ["x", "{token}", "{token}.", "{token}.%0d%0aset-cookie%3a%20a%3db", "{token}.{signature}%0d%0ax%3a%20y"]
STRANGE += ["%0d%0aset-cookie%3a%20a%3db{token}.{signature}", "{token}.%e5%ae%89%e5%ae%89", "{token}.{signature}%0a"]
STRANGE += [f"{{token}}.{odd * 43}%3D" for odd in ("%e5%ae%89", "!", "%0a")] + ["%ff.%fe"]


def test_a_cookie_that_we_cannot_have_made_is_not_sent_again(call: Api, ann: Person) -> None:
    """S-82: no header is made of what came, and none is an accident."""
    name, _, signed = ann.cookie.partition("=")
    for value in STRANGE:
        cookie = f"{name}={value.format(token=ann.token, signature=signed.partition('.')[2])}"
        for bearer in (ann.token, None):
            answer = call(UPDATE, bearer=bearer, cookies=[cookie], headers=TRUSTED_ORIGIN, json={"name": "A"})
            assert (answer.status in {200, 401}, answer.cookies) == (True, []), value
            assert "set-auth-token" not in answer.headers


def test_a_refusal_sends_no_cookie(call: Api, ann: Person) -> None:
    assert call(UPDATE, cookies=[ann.cookie], headers=TRUSTED_ORIGIN, json={}).cookies == []


# -- Reminders ------------------------------------------------------------------

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"


def change(call: Api, person: Person, **settings: Any) -> None:
    """Change settings that can be changed."""
    answer = call(UPDATE, bearer=person.token, json=settings)
    assert (answer.status, answer.json) == (200, {"status": True})


def reminded(cloud: Cloud) -> list[tuple[str, str]]:
    """By which clock who is to be reminded."""
    found = [row for row in rows(cloud, "UsersTable") if row["pk"].startswith("REMINDERS#")]
    return sorted((row["pk"].removeprefix("REMINDERS#"), row["sk"]) for row in found)


def settings_of(call: Api, person: Person) -> tuple[bool, str]:
    """What get-session says of them."""
    shown = user(call, person)
    return shown.get("taskReminders", False), shown.get("timeZone", "UTC")


def test_reminders_are_off_and_the_zone_is_utc_until_somebody_says_so(call: Api, ann: Person, cloud: Cloud) -> None:
    assert settings_of(call, ann) == (False, "UTC")
    assert reminded(cloud) == []


@pytest.mark.parametrize("route", ["GET /api/auth/get-session", "GET /api/auth/session", "GET /api/auth/me"])
def test_settings_are_shown_to_their_owner_at_the_end_of_the_user(call: Api, ann: Person, route: str) -> None:
    change(call, ann, taskReminders=True, timeZone=BERLIN)

    shown = call(route, bearer=ann.token).json["user"]

    assert list(shown.items())[-2:] == [("taskReminders", True), ("timeZone", BERLIN)]


def test_who_set_nothing_is_shown_as_the_protocol_has_it(call: Api, ann: Person) -> None:
    assert not {"taskReminders", "timeZone"} & set(user(call, ann))


def test_settings_are_nowhere_else(call: Api, ann: Person) -> None:
    """Neither in what signing in answers nor in a JWT."""
    change(call, ann, taskReminders=True, timeZone=BERLIN)

    answer = call("POST /api/auth/sign-in/email", json={"email": ann.email, "password": PASSWORD})

    assert not {"taskReminders", "timeZone"} & set(answer.json["user"])


def test_no_zone_is_utc(call: Api, ann: Person, cloud: Cloud) -> None:
    for nothing in (None, ""):
        change(call, ann, taskReminders=True, timeZone=BERLIN)
        change(call, ann, timeZone=nothing)
        assert settings_of(call, ann) == (True, "UTC")
        assert reminded(cloud) == [("UTC", f"USER#{ann.id}")]


def test_an_unknown_zone_is_named_and_not_repeated(call: Api, ann: Person) -> None:
    answer = call(UPDATE, bearer=ann.token, json={"timeZone": "Mars/Base"})

    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert "timeZone" in answer.json["message"]
    assert "Mars" not in answer.text


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([{"taskReminders": True}], ["UTC"]),
        ([{"taskReminders": True, "timeZone": BERLIN}], [BERLIN]),
        ([{"timeZone": BERLIN}], []),
        ([{"timeZone": BERLIN}, {"taskReminders": True}], [BERLIN]),
        ([{"taskReminders": True}, {"timeZone": BERLIN}], [BERLIN]),
        ([{"taskReminders": True, "timeZone": BERLIN}, {"timeZone": TOKYO}], [TOKYO]),
        ([{"taskReminders": True, "timeZone": BERLIN}, {"taskReminders": False}], []),
        ([{"taskReminders": True, "timeZone": BERLIN}, {"taskReminders": False, "timeZone": TOKYO}], []),
        ([{"taskReminders": True}, {"taskReminders": True}], ["UTC"]),
        ([{"taskReminders": False}], []),
        ([{"taskReminders": True}, {"name": "A"}], ["UTC"]),
    ],
    ids=str,
)
def test_who_wants_reminders_has_one_row_where_their_clock_is(
    call: Api, ann: Person, cloud: Cloud, steps: list[dict[str, Any]], expected: list[str]
) -> None:
    for step in steps:
        change(call, ann, **step)

    assert reminded(cloud) == [(zone, f"USER#{ann.id}") for zone in expected]


def test_every_zone_is_noted(call: Api, people: People, cloud: Cloud) -> None:
    for name, zone in (("ann", BERLIN), ("bob", TOKYO), ("cem", BERLIN)):
        change(call, people.signed_in(name), taskReminders=True, timeZone=zone)

    (noted,) = (row for row in rows(cloud, "UsersTable") if row["pk"] == "REMINDERS")
    assert (noted["sk"], set(noted["zones"])) == ("ZONES", {BERLIN, TOKYO})


@pytest.mark.parametrize(
    "changes",
    [
        [{"taskReminders": True}, {"timeZone": BERLIN}],
        [{"timeZone": BERLIN}, {"taskReminders": True}],
        [{"taskReminders": True, "timeZone": TOKYO}, {"taskReminders": True, "timeZone": BERLIN}],
        [{"taskReminders": True, "timeZone": TOKYO}, {"taskReminders": False}],
    ],
    ids=str,
)
def test_two_changes_at_once_leave_the_row_where_the_profile_says(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, changes: list[dict[str, Any]]
) -> None:
    """Who finds the profile other than it was reads it again, and has the last word."""
    first, last = changes
    interleave(monkeypatch, "accounts.profile", "_write_changes", lambda: change(call, ann, **first))

    change(call, ann, **last)

    wanted, zone = settings_of(call, ann)
    assert {"taskReminders": wanted, "timeZone": zone}.items() >= (first | last).items()
    assert reminded(cloud) == ([(zone, f"USER#{ann.id}")] if wanted else [])


def test_who_was_deleted_meanwhile_leaves_no_row(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave() -> None:
        call("POST /api/auth/delete-user", bearer=ann.token, json={"password": PASSWORD})

    interleave(monkeypatch, "accounts.profile", "_write_changes", leave)

    answer = call(UPDATE, bearer=ann.token, json={"taskReminders": True})

    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")
    assert reminded(cloud) == []


def test_only_who_moves_costs_a_transaction(call: Api, ann: Person) -> None:
    for sent, calls in (
        ({"timeZone": BERLIN}, ["UpdateItem"]),
        ({"taskReminders": False}, ["UpdateItem"]),
        ({"taskReminders": True}, ["UpdateItem", "TransactWriteItems"]),
    ):
        change(call, ann, **sent)
        assert call.aws_operations == ["BatchGetItem", *calls], sent
