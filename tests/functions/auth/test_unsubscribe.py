"""POST /api/auth/unsubscribe: the one-click link of a digest (RFC 8058) ends reminders, without a session."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.mail.test_record_mail_feedback import wants_reminders
from tests.support.auth_calls import verify
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mail, Mailbox
from tests.support.mailed_links import OPENED
from tests.support.people import PASSWORD, People, Person
from tests.support.sample_events import sample
from tests.support.tables import tables_unchanged

UNSUBSCRIBE = "POST /api/auth/unsubscribe"
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


@pytest.fixture
def ann(call: Api, people: People) -> Person:
    """A user with reminders, and a task that is due."""
    ann = people.signed_in("ann")
    call("POST /api/auth/update-user", bearer=ann.token, json={"taskReminders": True})
    due = (layer("clock").now() + timedelta(hours=30)).date().isoformat()
    for day in (due, (layer("clock").now() + timedelta(hours=6)).date().isoformat()):
        assert (
            call("POST /api/tasks", bearer=ann.token, json={"title": "Water the plants", "due_date": day}).status == 201
        )
    return ann


@pytest.fixture
def digest(call: Api, mailbox: Mailbox, ann: Person, monkeypatch: pytest.MonkeyPatch) -> Mail:
    """Ann's digest."""
    clock = layer("clock")
    morning = (clock.now() + timedelta(days=1)).replace(hour=9)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: morning)
        call.invoke("Remind", sample("mail/remind"))
        (mail,) = [mail for mail in mailbox.to(ann.email) if "next 24 hours" in mail.subject]
    return mail


@pytest.fixture
def token(digest: Mail) -> str:
    """The token in the header of the digest."""
    return token_in(digest)


def token_in(mail: Mail) -> str:
    """Return the token of a mail's one-click link."""
    return parse_qs(urlsplit(mail.headers["List-Unsubscribe"].strip("<>")).query)["token"][0]


def unsubscribe(call: Api, token: str) -> Response:
    """Send what a mail program sends."""
    return call(UNSUBSCRIBE, query={"token": token}, headers=FORM, body="List-Unsubscribe=One-Click")


def test_a_digest_has_the_headers_of_rfc_8058(digest: Mail) -> None:
    assert digest.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(digest.headers["List-Unsubscribe"].strip("<>"))
    assert (link.scheme, link.netloc, link.path) == ("https", "api.example.com", UNSUBSCRIBE.partition(" ")[2])
    assert digest.headers["List-Unsubscribe"].strip("<>") in digest.text


def test_other_mails_have_none(call: Api, ann: Person, mailbox: Mailbox) -> None:
    call("POST /api/auth/request-password-reset", json={"email": ann.email})

    assert mailbox.last.headers == {}


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": FORM, "body": "List-Unsubscribe=One-Click"},
        {"headers": {"content-type": "multipart/form-data; boundary=b"}, "body": MULTIPART},
        {"headers": FORM | {"origin": "https://mail.example", "cookie": "a=1"}, "body": "List-Unsubscribe=One-Click"},
        {"json": {}},
        {},
    ],
)
def test_one_click_ends_reminders_and_nothing_else(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, cloud: Cloud, ann: Person, token: str, mailbox: Mailbox, sent: dict[str, object]
) -> None:
    """Mail programs send it from anywhere, in two forms."""
    assert wants_reminders(call, cloud, ann)

    response = call(UNSUBSCRIBE, query={"token": token}, **sent)

    assert (response.status, response.json, response.cookies) == (200, {"status": True}, [])
    assert not wants_reminders(call, cloud, ann)
    assert call("GET /api/auth/me", bearer=ann.token).status == 200
    call("POST /api/auth/request-password-reset", json={"email": ann.email})
    assert mailbox.last.subject == "Set a new password for Gatehouse"


def test_a_second_click_changes_nothing(call: Api, cloud: Cloud, token: str) -> None:
    unsubscribe(call, token)

    with tables_unchanged(cloud):
        assert unsubscribe(call, token).status == 200


def test_the_link_of_an_old_digest_works(
    call: Api, cloud: Cloud, ann: Person, token: str, advance_clock: Callable[..., None]
) -> None:
    """Also when a new digest has replaced its row, and when reminders were turned on again."""
    unsubscribe(call, token)
    advance_clock(days=60)
    ann = layer_person(call, ann)
    call("POST /api/auth/update-user", bearer=ann.token, json={"taskReminders": True})

    assert unsubscribe(call, token).status == 200
    assert not wants_reminders(call, cloud, ann)


def layer_person(call: Api, person: Person) -> Person:
    """Sign in again."""
    return People(call).sign_in(person.email)


@pytest.mark.parametrize("headers", OPENED.values(), ids=OPENED)
def test_opening_the_link_ends_nothing_and_leads_to_a_page_that_asks(
    call: Api, cloud: Cloud, token: str, headers: dict[str, str]
) -> None:
    with tables_unchanged(cloud):
        response = call("GET /api/auth/unsubscribe", query={"token": token}, headers=headers)

    assert (response.status, response.headers["location"]) == (
        302,
        f"https://api.example.com/unsubscribe?token={token}",
    )


def test_an_invalid_token_changes_nothing(call: Api, cloud: Cloud, people: People, ann: Person, token: str) -> None:
    """Nor does any other token: of another user, of another mail, or a session's."""
    bob = people.signed_in("bob")
    tokens, model = layer("tokens"), layer("tokens.model")
    foreign = model.MailedToken(
        purpose=tokens.Purpose.TASK_DIGEST, subject=bob.id, mac=model.MailedToken.parse(token).mac
    )
    nobody = model.MailedToken(purpose=tokens.Purpose.TASK_DIGEST, subject="nobody", mac=b"x" * 32)
    (row,) = [row for row in tokens.TokenRow.query(ann.id) if row.purpose == "task-digest"]
    others = [
        str(foreign),
        str(nobody),
        tokens.derive_token(row),
        ann.token,
        token[:-1],
        token[:-43] + "A" * 43,
        "",
        "x",
    ]

    with tables_unchanged(cloud):
        for invalid in others:
            response = unsubscribe(call, invalid)
            assert (response.status, response.code) == (400, "INVALID_TOKEN"), invalid
        assert call(UNSUBSCRIBE).code == "VALIDATION_ERROR"
        assert verify(call, token).code == "INVALID_TOKEN"


def test_the_old_mailbox_does_not_end_reminders_after_a_move(  # noqa: PLR0917 -- six fixtures
    call: Api, cloud: Cloud, mailbox: Mailbox, ann: Person, token: str, settings: Callable[..., None]
) -> None:
    settings(confirm_email_change="false")
    call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": "new@example.com"})
    assert verify(call, mailbox.to("new@example.com")[-1].token, password=PASSWORD).status == 200

    assert unsubscribe(call, token).code == "INVALID_TOKEN"
    assert wants_reminders(call, cloud, ann)


def test_a_deleted_users_token_is_invalid(call: Api, ann: Person, token: str) -> None:
    call("POST /api/auth/delete-user", bearer=ann.token, json={})

    assert unsubscribe(call, token).code == "INVALID_TOKEN"
