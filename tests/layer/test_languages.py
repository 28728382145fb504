"""The language of mails."""

from pathlib import Path
from string import Template

import pytest

from tests.support.auth_calls import reset_password
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People

GERMAN = {"accept-language": "de-CH,de;q=0.9,en;q=0.5"}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-de", "de"),
        ("de-CH, fr;q=0.9, en;q=0.8", "de"),
        ("en;q=0.5, de;q=0.7", "de"),
        ("en, de", "en"),
        ("fr, es;q=0.3", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("de;q=2", "en"),
        ("d" * 9, "en"),
        ("../../etc", "en"),
        (",;q=1,,", "en"),
        ("fr," * 20 + "de", "en"),
        ("de-CH;q=0.1, de;q=0.9, en;q=0.5", "de"),  # the best range of a language counts, not the first
        ("en-GB;q=0.2, de;q=0.5, en-US;q=0.9", "en"),
        ("en;q=0.4, en-GB;q=0.6, de;q=0.5", "en"),
        ("de-DE-1996-x-goethe, en;q=0.9", "de"),  # the lookup of RFC 4647, 3.4: the range gets shorter
        ("de-x-a;q=0.8, en;q=0.7", "de"),
        ("den, deu, de-", "en"),  # other languages, and no range
        ("de;q=0.5, en;q=0.5", "de"),  # of equal ones the first
        ("de\t;\tQ=0.9 ,\ten;q=0.8", "de"),
        ("de;q=0.001, fr", "de"),
        ("de;q=1.000, en", "de"),
        ("de;q=1., en;q=0.9", "de"),
        ("de;q=1.5, en;q=0.1", "en"),  # no weight
        ("de;q=0.5000, en;q=0.1", "en"),
        ("de;q=, de;q=.9, de; q = 1, de;x=1, en;q=0.1", "en"),
        ("fr, *;q=0.5", "en"),
        ("*, de;q=0.1", "de"),  # `*` is skipped while a range follows
        ("*;q=0, de;q=0.1", "de"),
        ("en;q=0", "de"),
        ("en;q=0, *", "de"),
        ("en;q=0, de;q=0, *", "en"),
        ("de-CH, de;q=0, en;q=0.1", "en"),
        ("de-CH;q=0, de;q=0.9, en;q=0.5", "de"),
        ("de_CH, en;q=0.1", "en"),
    ],
)
def test_the_preferred_language_is_taken_from_the_header(header: str, language: str) -> None:
    assert layer("languages").preferred_language(header) == language


def folders() -> dict[str, Path]:
    """Return the folder of templates for each language."""
    root = Path(layer("mail.model").__file__).with_name("templates")
    return {folder.name: folder for folder in root.iterdir()}


def test_every_language_has_every_mail_with_the_same_placeholders() -> None:
    assert set(folders()) == set(layer("languages").SUPPORTED_LANGUAGES)
    files = {
        name: {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
        for name, folder in folders().items()
    }
    assert len({frozenset(found) for found in files.values()}) == 1
    for name in files["en"]:
        filled = {frozenset(Template(found[name].read_text()).get_identifiers()) for found in files.values()}
        assert len(filled) == 1, name


def test_a_mail_is_in_the_language_of_the_request(call: Api, mailbox: Mailbox) -> None:
    new = {"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}
    call("POST /api/auth/sign-up/email", json=new, headers=GERMAN)

    mail = mailbox.last
    assert mail.subject == "Bestätigen Sie Ihre E-Mail-Adresse für Gatehouse"
    assert mail.text.startswith("Hallo,")  # nobody has proved the address, so its mail has no name
    assert mail.link.replace("&", "&amp;") in mail.html


def test_a_notice_that_follows_a_mail_is_in_the_same_language(call: Api, people: People, mailbox: Mailbox) -> None:
    """The page behind the link may have another one."""
    email = people.verified("ann")
    call("POST /api/auth/request-password-reset", json={"email": email}, headers=GERMAN)
    reset_password(call, mailbox.last.token, "battery horse correct")

    assert mailbox.last.subject == "Ihr Passwort für Gatehouse wurde geändert"


def test_the_default_is_english(call: Api, people: People, mailbox: Mailbox) -> None:
    email = people.verified("ann")
    call("POST /api/auth/request-password-reset", json={"email": email})

    assert mailbox.last.subject == "Set a new password for Gatehouse"
