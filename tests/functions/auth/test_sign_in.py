"""POST /api/auth/sign-in/email and its aliases: address and password open a session."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.mail.test_record_mail_feedback import bounce, send_events
from tests.support.auth_calls import sign_in, sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows, tables_unchanged

SIGN_IN = "POST /api/auth/sign-in/email"
ROUTES = (SIGN_IN, "POST /api/auth/signin", "POST /api/auth/login")


def test_the_right_password_opens_a_session(call: Api, people: People) -> None:
    email = people.verified()

    response = call(SIGN_IN, json={"email": email, "password": PASSWORD})

    assert response.status == 200
    assert set(response.json) == {"redirect", "token", "user"}
    assert response.json["redirect"] is False
    assert response.json["user"]["emailVerified"] is True
    assert call("GET /api/auth/me", bearer=response.json["token"]).json["user"] == response.json["user"]
    assert call("GET /api/auth/me", bearer=response.headers["set-auth-token"]).status == 200


@pytest.mark.parametrize(
    ("route", "keys"),
    [
        (ROUTES[1], {"user", "session", "token"}),
        (ROUTES[2], {"access_token", "refresh_token", "token_type", "expires_in", "user"}),
    ],
)
def test_every_alias_has_its_own_response_format(call: Api, people: People, route: str, keys: set[str]) -> None:
    response = call(route, json={"email": people.verified(), "password": PASSWORD})

    token = response.json.get("token") or response.json["access_token"]
    assert response.status == 200
    assert set(response.json) == keys
    assert call("GET /api/auth/me", bearer=token).status == 200


def test_the_case_of_an_address_is_ignored(call: Api, people: People) -> None:
    people.verified("ann")

    assert call(SIGN_IN, json={"email": " ANN@Example.COM ", "password": PASSWORD}).status == 200


def test_a_callback_url_is_returned_to_the_client(call: Api, people: People) -> None:
    email = people.verified()
    for callback in ("/tasks?open=1#top", "https://app.example.com/home", "/aufgäbe", "/作業"):
        response = call(SIGN_IN, json={"email": email, "password": PASSWORD, "callbackURL": callback})
        assert (response.status, response.json["redirect"], response.json["url"]) == (200, True, callback)
        assert response.headers["location"].isascii()


@pytest.mark.parametrize("route", ROUTES)
def test_a_wrong_password_is_refused(call: Api, people: People, cloud: Cloud, route: str) -> None:
    email = people.verified()
    with tables_unchanged(cloud):
        response = call(route, json={"email": email, "password": "not the owner's"})

        assert (response.status, response.code) == (401, "INVALID_EMAIL_OR_PASSWORD")
        assert response.headers["www-authenticate"].startswith("Bearer ")
        assert response.cookies == []


def test_every_character_of_the_password_counts(call: Api, people: People) -> None:
    """S-04: nothing is truncated at 72 bytes or at NUL, case-folded or trimmed."""
    password = "Correct horse \0 battery " + "x" * 74 + "é "
    email = people.verified(password=password)
    near = [
        password[:72],
        password[:-1],
        password[:99],
        password.lower(),
        password.strip(),
        password.split("\0", maxsplit=1)[0],
    ]

    assert {call(SIGN_IN, json={"email": email, "password": text}).status for text in near} == {401}
    assert call(SIGN_IN, json={"email": email, "password": password}).status == 200


def test_only_the_right_password_reveals_that_an_address_is_unverified(call: Api, cloud: Cloud) -> None:
    """S-20."""
    ann = {"email": "ann@example.com", "password": PASSWORD}
    call("POST /api/auth/sign-up/email", json=ann)
    with tables_unchanged(cloud):
        right = call(SIGN_IN, json=ann)
        wrong = call(SIGN_IN, json=ann | {"password": "not the owner's"})

        assert (right.status, right.code, right.cookies) == (403, "EMAIL_NOT_VERIFIED", [])
        assert (wrong.status, wrong.code, wrong.cookies) == (401, "INVALID_EMAIL_OR_PASSWORD", [])


def test_an_unverified_user_is_refused_once_verification_is_required(call: Api, settings: Callable[..., None]) -> None:
    ann = {"email": "ann@example.com", "password": PASSWORD}
    settings(require_email_verification="false")
    call("POST /api/auth/sign-up/email", json=ann)
    assert call(SIGN_IN, json=ann).status == 200

    settings(require_email_verification="true")

    assert call(SIGN_IN, json=ann).code == "EMAIL_NOT_VERIFIED"


def test_an_invalid_address_is_refused_by_the_protocols_code(call: Api) -> None:
    for email in ("", "ann", "ann@", "@example.com", "a@b@example.com", "ann@example"):
        response = call(SIGN_IN, json={"email": email, "password": PASSWORD})
        assert (response.status, response.code, call.aws_operations) == (400, "INVALID_EMAIL", []), email


def test_signing_in_again_ends_no_other_session(call: Api, people: People) -> None:
    first = people.signed_in()
    second = people.sign_in(first.email)

    assert first.token != second.token
    assert call("GET /api/auth/me", bearer=first.token).status == 200
    assert call("GET /api/auth/me", bearer=second.token).status == 200


def test_an_existing_session_is_never_reused(call: Api, people: People) -> None:
    """S-21, session fixation: whatever cookie the request has, the session is new."""
    planted = people.signed_in("mallory")
    email = people.verified("ann")

    response = call(
        SIGN_IN,
        json={"email": email, "password": PASSWORD},
        cookies=[planted.cookie],
        headers={"origin": "https://app.example.com"},
    )

    assert response.json["token"] != planted.token
    assert call("GET /api/auth/me", bearer=planted.token).json["user"]["email"] == planted.email


def test_a_session_that_is_not_remembered_ends_with_the_browser_or_the_day(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    response = call(SIGN_IN, json={"email": people.verified(), "password": PASSWORD, "rememberMe": False})

    session, dont_remember = response.cookies
    assert "Max-Age" not in session
    assert "Max-Age" not in dont_remember
    assert dont_remember.startswith("__Secure-better-auth.dont_remember=true.")
    advance_clock(hours=23, minutes=59)
    assert call("GET /api/auth/me", bearer=response.json["token"]).status == 200
    advance_clock(minutes=1)
    assert call("GET /api/auth/me", bearer=response.json["token"]).status == 401


def test_the_stored_user_agent_is_truncated(call: Api, people: People, cloud: Cloud) -> None:
    email = people.verified()

    call(SIGN_IN, json={"email": email, "password": PASSWORD}, ip="2001:db8::1", headers={"user-agent": "a" * 9000})

    (row,) = (row for row in rows(cloud, "SessionsTable") if row["session_id"] != "EPOCH")
    assert row["ip_address"] == "2001:db8::1"
    assert row["user_agent"] == "a" * 500


@pytest.mark.parametrize("again", ["true", "false"])
def test_a_sign_in_mails_the_link_of_a_pending_sign_up_again_if_configured(
    call: Api, mailbox: Mailbox, settings: Callable[..., None], again: str
) -> None:
    settings(send_verification_on_sign_in=again)
    sign_up(call, "ann@example.com")
    before = len(mailbox.all)

    assert sign_in(call, "ann@example.com", "not the password").code == "INVALID_EMAIL_OR_PASSWORD"
    assert len(mailbox.all) == before
    assert sign_in(call, "ann@example.com").code == "EMAIL_NOT_VERIFIED"
    assert len(mailbox.all) == before + (again == "true")


def test_that_link_carries_the_callback_url(call: Api, mailbox: Mailbox, settings: Callable[..., None]) -> None:
    settings(send_verification_on_sign_in="true")
    sign_up(call, "ann@example.com")

    call(
        "POST /api/auth/sign-in/email", json={"email": "ann@example.com", "password": PASSWORD, "callbackURL": "/tasks"}
    )

    assert mailbox.last.link.endswith("callbackURL=%2Ftasks")


def test_after_a_correct_password_alone_it_is_said_that_mail_to_the_address_comes_back(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    """Else the page would offer to send a link that never arrives. A wrong password reveals nothing."""
    sign_up(call, "waiting@example.com")
    people.verified("ann")
    before = sign_in(call, "waiting@example.com")
    assert (before.status, before.code, before.json.get("details")) == (403, "EMAIL_NOT_VERIFIED", None)

    send_events(call, bounce("Permanent", "waiting@example.com", "ann@example.com", "nobody@example.com"))

    for resends in ("false", "true"):
        settings(send_verification_on_sign_in=resends)
        correct = sign_in(call, "waiting@example.com")
        assert (correct.status, correct.code, correct.json["details"]) == (403, before.code, {"mail": "undeliverable"})
    wrong = [
        sign_in(call, f"{name}@example.com", "not the password") for name in ("waiting", "ann", "nobody", "unmarked")
    ]
    assert {(response.status, response.code, response.json.get("details")) for response in wrong} == {
        (401, "INVALID_EMAIL_OR_PASSWORD", None)
    }
    assert sign_in(call, "ann@example.com").status == 200
