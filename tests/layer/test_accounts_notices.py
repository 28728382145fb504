"""Owners are told by mail of a new way to sign in and, where that is set, of a sign-in from a new device."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import TRUSTED_ORIGIN, sign_in, sign_up, verify
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mail, Mailbox
from tests.support.oauth_flow import LINK, SOCIAL, OAuthFlow, error_of
from tests.support.people import PASSWORD, People
from tests.support.provider import Provider

ANN = "ann@example.com"
ADDED, DEVICE = "A sign-in method was added to your Gatehouse account", "New sign-in to your Gatehouse account"
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"}
AT_GOOGLE: dict[str, Any] = {"sub": "7", "email": ANN, "email_verified": True}


def told(mailbox: Mailbox, subject: str) -> list[Mail]:
    """Return the notices with this subject."""
    return [mail for mail in mailbox.all if mail.subject == subject]


# -- A new way to sign in -----------------------------------------------------------


@pytest.mark.parametrize("way", ["page", "ID token", "sign-in that joins", "ID token that joins"])
def test_the_owner_is_told_of_a_linked_account(
    call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow, way: str
) -> None:
    ann = people.signed_in("ann")
    token = {"provider": "google", "idToken": {"token": oauth_flow.provider.id_token(**AT_GOOGLE)}}
    ways: dict[str, Callable[[], Response]] = {
        "page": lambda: oauth_flow.link(ann.token, **AT_GOOGLE),
        "ID token": lambda: call(LINK, json=token, bearer=ann.token),
        "sign-in that joins": lambda: oauth_flow.sign_in(**AT_GOOGLE),
        "ID token that joins": lambda: call(SOCIAL, json=token),
    }

    assert ways[way]().status in {200, 302}

    (mail,) = told(mailbox, ADDED)
    assert mail.to == ANN
    assert "Google" in mail.text
    assert ANN in mail.text
    assert mail.link == "https://api.example.com/"
    assert len(call("GET /api/auth/list-accounts", bearer=ann.token).json) == 2


def test_the_other_provider_is_named_by_its_id(call: Api, people: People, mailbox: Mailbox, oidc: Provider) -> None:
    ann = people.signed_in("ann")

    OAuthFlow(call, oidc, "oidc").link(ann.token, **AT_GOOGLE)

    assert "oidc" in told(mailbox, ADDED)[0].text


def test_the_mail_is_in_the_owners_language(call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow) -> None:
    ann = people.signed_in("ann")
    body = {"provider": "google", "idToken": {"token": oauth_flow.provider.id_token(**AT_GOOGLE)}}

    call(LINK, json=body, bearer=ann.token, headers={"accept-language": "de"})

    assert mailbox.last.subject == "Neue Anmeldemöglichkeit für Ihr Konto bei Gatehouse"


def test_nobody_is_told_when_nothing_new_lets_in(people: People, mailbox: Mailbox, oauth_flow: OAuthFlow) -> None:
    """Signing in again, linking again, a refused account, and the first way in of a new user."""
    ann = people.signed_in("ann")
    oauth_flow.link(ann.token, **AT_GOOGLE)
    before = len(mailbox.all)

    oauth_flow.sign_in(**AT_GOOGLE)
    oauth_flow.link(ann.token, **AT_GOOGLE)
    assert error_of(oauth_flow.link(ann.token, **AT_GOOGLE | {"sub": "8", "email": "other@example.com"}))
    assert error_of(oauth_flow.sign_in(**AT_GOOGLE | {"sub": "9"}))
    oauth_flow.sign_in(sub="10", email="new@example.com", email_verified=True)

    assert len(mailbox.all) == before


# -- A new device -------------------------------------------------------------------


@pytest.fixture
def _notifying(settings: Callable[..., None]) -> None:
    """With the setting; the cookie of a known device is then set whether or not rate limits apply."""
    settings(notify_new_device="true")


def device_of(response: Response) -> str:
    """Return the device cookie of a response."""
    (cookie,) = [one for one in response.cookies if "gatehouse.device" in one]
    return cookie.partition(";")[0]


def sign_in_from(call: Api, email: str, *cookies: str, password: str = PASSWORD) -> Response:
    """Sign in with these cookies."""
    body = {"email": email, "password": password}
    headers = FIREFOX | (TRUSTED_ORIGIN if cookies else {})
    return call("POST /api/auth/sign-in/email", json=body, cookies=list(cookies) or None, headers=headers)


@pytest.mark.usefixtures("_notifying")
def test_the_owner_is_told_of_a_sign_in_from_a_new_device_once(call: Api, people: People, mailbox: Mailbox) -> None:
    ann = people.verified("ann")

    first = sign_in_from(call, ann)
    sign_in_from(call, ann, device_of(first))

    (mail,) = told(mailbox, DEVICE)
    assert mail.to == ANN
    assert "Firefox, 203.0.113.0/24" in mail.text
    assert "UTC" in mail.text


@pytest.mark.usefixtures("_notifying")
def test_every_way_to_sign_in_tells(call: Api, people: People, mailbox: Mailbox, oauth_flow: OAuthFlow) -> None:
    """The gate does it for all."""
    ann = people.verified("ann")
    oauth_flow.sign_in(**AT_GOOGLE)
    token = {"provider": "google", "idToken": {"token": oauth_flow.provider.id_token(**AT_GOOGLE)}}
    ways: list[Callable[[], Any]] = [
        *(lambda path=path: call(path, json={"email": ann, "password": PASSWORD}) for path in SIGN_INS),
        lambda: oauth_flow.sign_in(**AT_GOOGLE),
        lambda: call(SOCIAL, json=token),
    ]
    for way in ways:
        before = len(told(mailbox, DEVICE))
        way()
        assert len(told(mailbox, DEVICE)) == before + 1


SIGN_INS = ("POST /api/auth/sign-in/email", "POST /api/auth/signin", "POST /api/auth/login")


@pytest.mark.usefixtures("_notifying")
@pytest.mark.parametrize("forged", ["", "x", "0" * 32 + "." + "0" * 64, "BOB"])
def test_a_forged_or_foreign_cookie_is_no_known_device(
    call: Api, people: People, mailbox: Mailbox, forged: str
) -> None:
    ann, bob = people.verified("ann"), people.verified("bob")
    cookie = device_of(sign_in_from(call, bob)) if forged == "BOB" else f"__Secure-gatehouse.device={forged}"

    sign_in_from(call, ann, cookie)

    assert [mail.to for mail in told(mailbox, DEVICE)][-1] == ANN


@pytest.mark.usefixtures("_notifying")
def test_nobody_is_told_of_a_failed_sign_in_or_of_their_own_sign_up(
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None], oauth_flow: OAuthFlow
) -> None:
    ann = people.verified("ann")
    sign_in(call, ann, "not the password")
    oauth_flow.sign_in(sub="10", email="new@example.com", email_verified=True)
    settings(auto_sign_in_after_verification="true")
    sign_up(call, "waiting@example.com")
    verify(call, mailbox.last.token)
    settings(require_email_verification="false")
    assert sign_up(call, "other@example.com").json["token"]

    assert told(mailbox, DEVICE) == []


@pytest.mark.usefixtures("_notifying")
def test_an_unproved_address_is_not_told(call: Api, mailbox: Mailbox, settings: Callable[..., None]) -> None:
    """It may be a stranger's: they get no mail for each sign-in of somebody else."""
    settings(require_email_verification="false")
    sign_up(call, ANN)

    assert sign_in_from(call, ANN).status == 200
    assert told(mailbox, DEVICE) == []


def test_without_the_setting_nobody_is_told_and_nothing_more_is_written(
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud
) -> None:
    ann = people.verified("ann")

    assert sign_in_from(call, ann).status == 200

    assert call.aws_operations == ["BatchGetItem", "BatchGetItem", "PutItem"]
    assert (mailbox.all, cloud.mails()) == ([], [])


def test_the_setting_is_off_by_default() -> None:
    assert layer("config").config().notify_new_device is False
