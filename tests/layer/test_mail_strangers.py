"""Mail cannot be used against people: what somebody else wrote reaches no unproved address, and no mail has a link of
theirs.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest

from tests.support.auth_calls import sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People

ANN = "ann@example.com"
OURS = "https://api.example.com"
HOSTILE = [
    *(
        "https://evil.example/win",
        "Ann https://evil.example",
        "http:evil.example",
        "//evil.example/x",
        "www.evil.example",
    ),
    *(
        "evil.example",
        "EVIL.EXAMPLE/pay?now=1",
        "Ann,evil.example",
        "(evil.example)",
        "Ann\u00a0evil.example",
        "evil.рф",
    ),
    *("evil\u3002example", "evil\uff0eexample", "evil\uff61example", "ｅｖｉｌ.example", "evil.\u200bexample"),
    *("evil.भारत", "evil-हिन्दी.com", "evilx\u0303.example", "evil\U0001f4a9.example"),  # labels with marks or pictures
    *("ev\u00adil.example", "\u202eelpmaxe.live evil.example", "evil.example\u2028next line", "xn--evil-9na.example"),
    *("mailto:evil@evil.example", "<evil@evil.example>", "tel:+49evil", "javascript:evil()", "\\\\evil\\share"),
    *("203.0.113.9/evil", "evil.example:8443", "myapp://evil", "https://evil.example/[x](y)"),
    *("<a href='https://evil.example'>Ann</a>", "[Ann](https://evil.example)", "Ann\r\nBcc: evil.example"),
]
LONG = "Your account is locked and all of your money is gone, so call us now. " * 2


def all_purposes() -> list[str]:
    """Return every purpose that has a mail. A new one is tested without a change here."""
    return [str(purpose) for purpose in layer("tokens").Purpose if purpose != "nothing"]


def mails(name: str, title: str = "Water the plants", **columns: Any) -> Iterator[Any]:
    """Render every mail in every language, with the name of a person, and the title of a task of theirs."""
    for purpose in all_purposes():
        for language in layer("languages").SUPPORTED_LANGUAGES:
            row = layer("tokens").TokenRow(
                "subject",
                purpose,
                nonce=b"nonce",
                lifetime=900,
                created_at=layer("clock").now(),
                language=language,
                email=ANN,
                base_url=OURS,
                name=name,
                old_email=ANN,
                new_email="smith@example.com",
                lines=[f"2026-11-21: {title}"],
                **columns,
            )
            yield layer("mail").render(row)


def visible(mail: Any) -> str:
    """Return all text of a mail as a reader sees it, its links included."""
    return "\n".join((mail.subject, mail.text, unescape(mail.html)))


def links(mail: Any) -> set[str]:
    """Return what a mail program would make a link of."""
    return set(re.findall(r"(?:\w+://|www\.)[^\s<>\"']+", visible(mail)))


@pytest.mark.usefixtures("call")
@pytest.mark.parametrize("name", [*HOSTILE, LONG])
def test_no_mail_to_an_unproved_address_has_text_of_a_stranger(name: str) -> None:
    """Titles of tasks go to users with a proved address alone."""
    assert list(mails(name)) == list(mails(""))


@pytest.mark.usefixtures("call")
@pytest.mark.parametrize("text", HOSTILE)
def test_no_mail_to_an_owner_has_a_foreign_link_or_a_control_character(text: str) -> None:
    for mail in mails(text, text, to_owner=True):
        assert {link for link in links(mail) if not link.startswith(f"{OURS}/")} == set()
        assert "evil" not in visible(mail).lower().replace("\u200b", "").replace("\u00ad", ""), mail.text
        assert [c for c in visible(mail) if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c != "\n"] == []


@pytest.mark.usefixtures("call")
def test_an_owners_name_is_shortened() -> None:
    greetings = [mail.text.splitlines()[0] for mail in mails(LONG, to_owner=True)]

    assert {greeting for greeting in greetings if len(greeting) > 50} == set()
    assert "Hello Your account is locked and all of your…," in greetings


@pytest.mark.usefixtures("call")
@pytest.mark.parametrize(
    "name",
    ["Ann Smith", "Dr. Ann M. Smith-Jones", "O'Neil", "Zoë", "王 小明", "J.R.R. Tolkien", "Å.Ä. Öberg", "Ann & Bob"],
)
def test_an_owners_usual_name_is_greeted(name: str) -> None:
    texts = [mail.text.splitlines()[0] for mail in mails(name, to_owner=True)]

    assert {f"Hello {name},", f"Guten Tag {name},"} & set(texts), texts


@pytest.mark.usefixtures("call")
def test_an_address_that_reads_like_a_link_is_shown_without_its_name() -> None:
    """The new address is in the mail to the old one, and an address may have slashes."""
    render, row = layer("mail").render, layer("tokens").TokenRow
    for address in (
        "www.evil.example/pay?now=1@evil.example",
        "//evil.example/x@evil.example",
        "evil.example/x@a.example",
    ):
        columns = {"created_at": layer("clock").now(), "old_email": address, "new_email": address, "base_url": OURS}
        mail = render(row("subject", "confirm-email-change", nonce=b"n", lifetime=900, email=ANN, **columns))
        assert f"…@{address.rpartition('@')[2]}" in mail.text
        assert address not in visible(mail)


# -- Redirect targets -----------------------------------------------------------

TARGETS = {
    "/tasks?a=1": True,
    "https://api.example.com/tasks": True,
    "https://app.example.com/welcome?a=1": True,  # in CorsOrigins
    "https://APP.example.com:443/": True,
    "myapp://verified": True,
    "https://preview-of-a-stranger.vercel.example/": False,  # by a pattern in TrustedOrigins
    "https://partner.example/": False,  # a redirect target, but no frontend
    "http://app.example.com/": False,
}


@pytest.fixture
def _trusting(settings: Callable[..., None]) -> None:
    """With redirect targets that are no frontends."""
    settings(trusted_origins="https://*.vercel.example,https://partner.example,http://app.example.com,myapp://")


@pytest.mark.usefixtures("_trusting")
@pytest.mark.parametrize(("target", "kept"), TARGETS.items())
def test_mail_to_an_unproved_address_leads_to_the_service_or_a_frontend_alone(
    call: Api,
    mailbox: Mailbox,
    target: str,
    kept: bool,  # noqa: FBT001 -- a column
) -> None:
    requests = {
        "sign-up/email": {"password": PASSWORD, "callbackURL": target},
        "send-verification-email": {"callbackURL": target},
        "request-password-reset": {"redirectTo": target},
    }
    for path, body in requests.items():
        assert call(f"POST /api/auth/{path}", json={"email": "new@example.com"} | body).status == 200
        assert mailbox.last.link.startswith(f"{OURS}/")
        assert ("callbackURL=" in mailbox.last.link) is kept, path


@pytest.mark.usefixtures("_trusting")
@pytest.mark.parametrize(("target", "kept"), TARGETS.items())
def test_mail_to_a_new_address_leads_there_alone(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api,
    people: People,
    mailbox: Mailbox,
    target: str,
    settings: Callable[..., None],
    kept: bool,  # noqa: FBT001 -- a column
) -> None:
    settings(confirm_email_change="false")
    ann = people.signed_in()
    body = {"newEmail": "new@example.com", "callbackURL": target}
    assert call("POST /api/auth/change-email", bearer=ann.token, json=body).status == 200

    assert mailbox.last.to == "new@example.com"
    assert ("callbackURL=" in mailbox.last.link) is kept


@pytest.mark.usefixtures("_trusting")
def test_mail_to_an_owner_leads_to_every_trusted_target(call: Api, people: People, mailbox: Mailbox) -> None:
    ann = people.verified()
    for target in TARGETS:
        call("POST /api/auth/request-password-reset", json={"email": ann, "redirectTo": target})
        assert "callbackURL=" in mailbox.last.link


@pytest.mark.parametrize("path", ["request-password-reset", "send-verification-email"])
def test_mails_after_a_strangers_sign_up_have_none_of_its_text(call: Api, mailbox: Mailbox, path: str) -> None:
    """From the request to the mail."""
    body = {"email": ANN, "password": PASSWORD, "name": "Win at evil.example now"}
    call("POST /api/auth/sign-up/email", json=body)
    assert "evil" not in mailbox.last.text + mailbox.last.html

    call(f"POST /api/auth/{path}", json={"email": ANN})

    assert "evil" not in mailbox.last.text + mailbox.last.html
    assert mailbox.last.text.startswith("Hello,\n")


def test_an_unverified_user_is_not_greeted(call: Api, mailbox: Mailbox, settings: Callable[..., None]) -> None:
    """Where verification is not required, a stranger has an account with somebody's address."""
    settings(require_email_verification="false", delete_user_by_mail="true")
    body = {"email": ANN, "password": PASSWORD, "name": "Eve"}
    token = call("POST /api/auth/sign-up/email", json=body).json["token"]

    call("POST /api/auth/delete-user", bearer=token, json={})
    call("POST /api/auth/request-password-reset", json={"email": ANN})
    call("POST /api/auth/send-verification-email", json={"email": ANN})
    call("POST /api/auth/change-email", bearer=token, json={"newEmail": "new@example.com"})

    assert len(mailbox.all) == 4
    assert [mail for mail in mailbox.all if "Eve" in mail.text + mail.html] == []


def test_a_user_with_an_unproven_password_is_not_greeted(
    call: Api, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """The owner clicked the mail of a stranger's sign-up, who writes to them from then on."""
    settings(delete_user_by_mail="true", notify_new_device="true", trusted_origins="https://*.vercel.example")
    body = {"email": ANN, "password": PASSWORD, "name": "Eve"}
    call("POST /api/auth/sign-up/email", json=body)
    verify(call, mailbox.last.token)
    target = "https://preview-of-a-stranger.vercel.example/"

    token = sign_in(call, ANN).json["token"]
    call("POST /api/auth/delete-user", bearer=token, json={"callbackURL": target})
    call("POST /api/auth/request-password-reset", json={"email": ANN, "redirectTo": target})
    call("POST /api/auth/change-email", bearer=token, json={"newEmail": "new@example.com", "callbackURL": target})

    assert len(mailbox.to(ANN)) == 5
    assert [mail for mail in mailbox.all if "Eve" in mail.text + mail.html or "vercel" in mail.text] == []


def test_an_owner_is_greeted_by_name(
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    settings(delete_user_by_mail="true", confirm_email_change="true")
    ann = people.signed_in()
    call("POST /api/auth/delete-user", bearer=ann.token, json={})
    call("POST /api/auth/request-password-reset", json={"email": ann.email})
    call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": "new@example.com"})

    assert len(mailbox.all) == 3
    assert {mail.text.splitlines()[0] for mail in mailbox.all} == {"Hello ann,"}


def test_a_mail_that_older_code_ordered_greets_nobody(call: Api, mailbox: Mailbox) -> None:
    """Its row does not say whether the address is proved."""
    sign_up(call, ANN)
    (record,) = mailbox.pending()
    assert "to_owner" not in record["dynamodb"]["NewImage"]
    mailbox.deliver(record)

    assert mailbox.last.text.startswith("Hello,\n")
