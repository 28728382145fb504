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
