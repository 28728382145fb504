"""POST /api/auth/update-user: changes the user's name, picture and settings, and no other field."""

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


def current_user(call: Api, person: Person) -> dict[str, Any]:
    """Return the user as get-session shows them."""
    found: dict[str, Any] = call("GET /api/auth/me", bearer=person.token).json["user"]
    return found


def test_a_name_and_a_link_to_a_picture_can_be_changed(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    wanted = [{"name": name} for name in ("Ann Miller", "  Ann  ", "", "安 🌱")]
    wanted += [{"image": picture} for picture in (PICTURE, "https://example.com")]

    for sent in [*wanted, {"name": "A", "image": PICTURE}]:
        before = current_user(call, ann)
        advance_clock(minutes=1)
        response = call(UPDATE, bearer=ann.token, json=sent)
        after = current_user(call, ann)
        stored = {name: value.strip() for name, value in sent.items()}
        assert (response.status, response.json) == (200, {"status": True})
        assert after == before | stored | {"updatedAt": after["updatedAt"]}
        assert after["updatedAt"] > before["updatedAt"]


def test_null_removes_the_picture(call: Api, ann: Person) -> None:
    call(UPDATE, bearer=ann.token, json={"image": PICTURE})

    assert call(UPDATE, bearer=ann.token, json={"image": None}).status == 200
    assert current_user(call, ann)["image"] is None
    assert current_user(call, ann)["name"] == "ann"


def test_the_address_cannot_be_changed_here(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for more in ({}, {"name": "A"}):
            response = call(UPDATE, bearer=ann.token, json={"email": "new@example.com"} | more)
            assert (response.status, response.code) == (400, "EMAIL_CAN_NOT_BE_UPDATED")


def test_no_other_field_can_be_changed(call: Api, ann: Person, cloud: Cloud) -> None:
    hidden = {"password": "x" * 9, "passwordHash": "x", "password_hash": "x", "epoch": 9, "pk": "x"}
    wrong: list[dict[str, Any]] = [{}, {"email": ""}, {"theme": "dark"}, {"role": "admin"}, hidden]
    wrong += [{"id": "x", "userId": "x", "user_id": "x"}, {"emailVerified": False, "email_verified": False}]
    wrong += [{"createdAt": "2000-01-01T00:00:00.000Z"}, {"timezone": "Europe/Berlin", "taskreminders": True}]

    with tables_unchanged(cloud):
        for sent in wrong:
            response = call(UPDATE, bearer=ann.token, json=sent)
            assert (response.status, response.code) == (400, "NO_FIELDS_TO_UPDATE"), sent


def test_other_fields_are_ignored_beside_permitted_ones(call: Api, ann: Person, cloud: Cloud) -> None:
    """C31."""
    before = current_user(call, ann)
    more = {"id": "x", "emailVerified": False, "role": "admin", "epoch": 9, "password_hash": "x", "theme": "dark"}

    assert call(UPDATE, bearer=ann.token, json={"name": "A"} | more).status == 200

    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    after = current_user(call, ann)
    assert after == before | {"name": "A", "updatedAt": after["updatedAt"]}
    assert (profile["epoch"], {"role", "theme"} & set(profile)) == ("1", set())
    assert profile["password_hash"].startswith("$argon2id$")


def test_the_session_cookie_is_set_again(call: Api, ann: Person) -> None:
    response = call(UPDATE, cookies=[ann.cookie], headers=TRUSTED_ORIGIN, json={"name": "A"})

    (cookie,) = response.cookies
    value, _, attributes = cookie.partition("; ")
    assert value == ann.cookie
    assert attributes.startswith("Max-Age=60")
    assert attributes.endswith("; Path=/; HttpOnly; Secure; SameSite=Lax")
    assert call("GET /api/auth/me", cookies=[value]).json["user"]["name"] == "A"


def test_the_cookie_of_a_session_that_is_not_remembered_stays_a_session_cookie(call: Api, people: People) -> None:
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    session = call("POST /api/auth/sign-in/email", json=given).cookies[0].partition(";")[0]

    (cookie,) = call(UPDATE, cookies=[session], headers=TRUSTED_ORIGIN, json={"name": "A"}).cookies

    assert cookie.startswith(session)
    assert "Max-Age" not in cookie


def test_a_bearer_token_gets_no_cookie(call: Api, ann: Person) -> None:
    assert call(UPDATE, bearer=ann.token, json={"name": "A"}).cookies == []


def test_the_cookie_of_another_session_is_not_set_again(call: Api, people: People, ann: Person) -> None:
    """A request with a bearer token gets no other session's cookie."""
    bob, again = people.signed_in("bob"), people.sign_in(ann.email)

    for cookie in (bob.cookie, again.cookie):
        response = call(UPDATE, bearer=ann.token, cookies=[cookie], headers=TRUSTED_ORIGIN, json={"name": "A"})
        assert (response.status, response.cookies) == (200, [])
        assert "set-auth-token" not in response.headers


INVALID = ["x", "{token}", "{token}.", "{token}.%0d%0aset-cookie%3a%20a%3db", "{token}.{signature}%0d%0ax%3a%20y"]
INVALID += ["%0d%0aset-cookie%3a%20a%3db{token}.{signature}", "{token}.%e5%ae%89%e5%ae%89", "{token}.{signature}%0a"]
INVALID += [f"{{token}}.{value * 43}%3D" for value in ("%e5%ae%89", "!", "%0a")] + ["%ff.%fe"]


def test_a_cookie_that_we_did_not_sign_is_not_set_again(call: Api, ann: Person) -> None:
    """S-82: no request can inject a header, and none causes a 500."""
    name, _, signed = ann.cookie.partition("=")
    for value in INVALID:
        cookie = f"{name}={value.format(token=ann.token, signature=signed.partition('.')[2])}"
        for bearer in (ann.token, None):
            response = call(UPDATE, bearer=bearer, cookies=[cookie], headers=TRUSTED_ORIGIN, json={"name": "A"})
            assert (response.status in {200, 401}, response.cookies) == (True, []), value
            assert "set-auth-token" not in response.headers


def test_a_refused_update_sets_no_cookie(call: Api, ann: Person) -> None:
    assert call(UPDATE, cookies=[ann.cookie], headers=TRUSTED_ORIGIN, json={}).cookies == []


# -- Reminders ------------------------------------------------------------------

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"


def change(call: Api, person: Person, **settings: Any) -> None:
    """Change settings."""
    response = call(UPDATE, bearer=person.token, json=settings)
    assert (response.status, response.json) == (200, {"status": True})


def reminder_rows(cloud: Cloud) -> list[tuple[str, str]]:
    """Return time zone and user of each reminder row."""
    found = [row for row in rows(cloud, "UsersTable") if row["pk"].startswith("REMINDERS#")]
    return sorted((row["pk"].removeprefix("REMINDERS#"), row["sk"]) for row in found)


def settings_of(call: Api, person: Person) -> tuple[bool, str]:
    """Return reminders and time zone as get-session shows them."""
    shown = current_user(call, person)
    return shown.get("taskReminders", False), shown.get("timeZone", "UTC")


def test_reminders_are_off_and_the_zone_is_utc_by_default(call: Api, ann: Person, cloud: Cloud) -> None:
    assert settings_of(call, ann) == (False, "UTC")
    assert reminder_rows(cloud) == []


@pytest.mark.parametrize("route", ["GET /api/auth/get-session", "GET /api/auth/session", "GET /api/auth/me"])
def test_settings_are_shown_to_the_user_after_the_protocols_fields(call: Api, ann: Person, route: str) -> None:
    change(call, ann, taskReminders=True, timeZone=BERLIN)

    shown = call(route, bearer=ann.token).json["user"]

    assert list(shown.items())[-2:] == [("taskReminders", True), ("timeZone", BERLIN)]


def test_default_settings_are_omitted(call: Api, ann: Person) -> None:
    assert not {"taskReminders", "timeZone"} & set(current_user(call, ann))


def test_settings_are_in_no_other_response(call: Api, ann: Person) -> None:
    """Neither in the sign-in response nor in a JWT."""
    change(call, ann, taskReminders=True, timeZone=BERLIN)

    response = call("POST /api/auth/sign-in/email", json={"email": ann.email, "password": PASSWORD})

    assert not {"taskReminders", "timeZone"} & set(response.json["user"])


def test_an_empty_zone_means_utc(call: Api, ann: Person, cloud: Cloud) -> None:
    for nothing in (None, ""):
        change(call, ann, taskReminders=True, timeZone=BERLIN)
        change(call, ann, timeZone=nothing)
        assert settings_of(call, ann) == (True, "UTC")
        assert reminder_rows(cloud) == [("UTC", f"USER#{ann.id}")]


def test_an_unknown_zone_is_refused_without_repeating_it(call: Api, ann: Person) -> None:
    response = call(UPDATE, bearer=ann.token, json={"timeZone": "Mars/Base"})

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")
    assert "timeZone" in response.json["message"]
    assert "Mars" not in response.text


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
def test_a_user_with_reminders_has_one_row_in_their_zone(
    call: Api, ann: Person, cloud: Cloud, steps: list[dict[str, Any]], expected: list[str]
) -> None:
    for step in steps:
        change(call, ann, **step)

    assert reminder_rows(cloud) == [(zone, f"USER#{ann.id}") for zone in expected]


def test_every_zone_in_use_is_listed(call: Api, people: People, cloud: Cloud) -> None:
    for name, zone in (("ann", BERLIN), ("bob", TOKYO), ("cem", BERLIN)):
        change(call, people.signed_in(name), taskReminders=True, timeZone=zone)

    (zones_row,) = (row for row in rows(cloud, "UsersTable") if row["pk"] == "REMINDERS")
    assert (zones_row["sk"], set(zones_row["zones"])) == ("ZONES", {BERLIN, TOKYO})


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
def test_concurrent_changes_leave_the_reminder_row_where_the_profile_says(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, changes: list[dict[str, Any]]
) -> None:
    """A change that finds the profile modified reads it again and retries."""
    first, last = changes
    interleave(monkeypatch, "accounts.profile", "_write_changes", lambda: change(call, ann, **first))

    change(call, ann, **last)

    wanted, zone = settings_of(call, ann)
    assert {"taskReminders": wanted, "timeZone": zone}.items() >= (first | last).items()
    assert reminder_rows(cloud) == ([(zone, f"USER#{ann.id}")] if wanted else [])


def test_a_user_deleted_during_the_change_leaves_no_row(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_account() -> None:
        call("POST /api/auth/delete-user", bearer=ann.token, json={"password": PASSWORD})

    interleave(monkeypatch, "accounts.profile", "_write_changes", delete_account)

    response = call(UPDATE, bearer=ann.token, json={"taskReminders": True})

    assert (response.status, response.code) == (401, "INVALID_TOKEN")
    assert reminder_rows(cloud) == []


def test_only_a_change_of_reminders_or_of_the_picture_needs_a_transaction(call: Api, ann: Person) -> None:
    for sent, calls in (
        ({"timeZone": BERLIN}, ["UpdateItem"]),
        ({"taskReminders": False}, ["UpdateItem"]),
        ({"taskReminders": True}, ["UpdateItem", "TransactWriteItems"]),
        ({"image": PICTURE}, ["TransactWriteItems"]),
        ({"image": PICTURE}, ["UpdateItem"]),
    ):
        change(call, ann, **sent)
        assert call.aws_operations == ["BatchGetItem", *calls], sent
