"""Mails: their texts, escaping, and links that no header can change."""

from collections.abc import Callable

import pytest

from tests.support.auth_calls import reset_password, sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People

ANN = "ann@example.com"
EVIL = {
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    "forwarded": "host=evil.example;proto=http",
    "x-original-url": "https://evil.example/",
    "x-forwarded-prefix": "/evil.example",
}
NAMES = [
    *("<img src=x onerror=1>", "{{7*7}}", "${7*7} $link", "%(link)s", "</p><script>x</script>"),
]


@pytest.mark.parametrize("base_url", ["", "https://api.example.com"])
@pytest.mark.parametrize("path", ["sign-up/email", "send-verification-email", "request-password-reset"])
def test_ghsa_3529_5m8x_rpv3_no_header_changes_a_link(
    call: Api, mailbox: Mailbox, settings: Callable[..., None], path: str, base_url: str
) -> None:
    """S-50."""
    settings(base_url=base_url)
    sign_up(call, ANN)
    mailbox.deliver()

    call(f"POST /api/auth/{path}", json={"email": ANN, "password": PASSWORD}, headers=EVIL)

    host = base_url or "https://local.execute-api.us-east-1.amazonaws.com"
    assert mailbox.last.link.startswith(f"{host}/")
    assert "evil" not in mailbox.last.text + mailbox.last.html


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_escaped(call: Api, people: People, mailbox: Mailbox, name: str) -> None:
    """S-53."""
    ann = people.signed_in("ann")
    call("POST /api/auth/update-user", bearer=ann.token, json={"name": name})
    call("POST /api/auth/request-password-reset", json={"email": ANN})

    mail = mailbox.last
    assert mail.subject == "Set a new password for Gatehouse"
    assert (mail.to, len(mailbox.all)) == (ANN, 1)
    assert f"Hello {name}," in mail.text
    assert "<img" not in mail.html
    assert "<script" not in mail.html
    assert "49" not in mail.html.replace(mail.token, "")
    assert reset_password(call, mail.token, "a better password").status == 200


def test_a_product_name_is_escaped(call: Api, mailbox: Mailbox, settings: Callable[..., None]) -> None:
    settings(product_name="Tom & <Jerry>")

    sign_up(call, ANN)

    assert mailbox.last.subject == "Confirm your email address for Tom & <Jerry>"
    assert "Tom &amp; &lt;Jerry&gt;" in mailbox.last.html


def test_both_parts_have_the_link_and_its_lifetime(call: Api, mailbox: Mailbox) -> None:
    sign_up(call, ANN)
    mailbox.deliver()
    call("POST /api/auth/forgot-password", json={"email": ANN})

    verify, reset = mailbox.to(ANN)
    for mail, minutes in ((verify, "15 minutes"), (reset, "60 minutes")):
        assert mail.link in mail.text
        assert mail.link.replace("&", "&amp;") in mail.html
        assert minutes in mail.text
        assert minutes in mail.html


def test_a_mail_contains_no_session_token(call: Api, people: People, mailbox: Mailbox) -> None:
    """S-80."""
    ann = people.signed_in()
    call("POST /api/auth/forgot-password", json={"email": ann.email}, bearer=ann.token)

    assert ann.token not in mailbox.last.text + mailbox.last.html
