"""Second factor and passkeys through `better-auth-client` of PyPI, which speaks the protocol of the official client."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pyotp
import pytest
from better_auth_client import APIError, AuthClient

from tests.support.authenticator import Authenticator
from tests.support.concurrency import wait_until
from tests.support.people import PASSWORD
from tests.support.service import Service, running_service

pytestmark = pytest.mark.xdist_group("contract settings")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """The service, where nobody has to verify an address to sign in."""
    with running_service(require_email_verification="false", verification_proof="link") as service:
        yield service


@pytest.fixture
def client(service: Service, request: pytest.FixtureRequest) -> AuthClient:
    """A client with a cookie jar, signed in as a user of its own."""
    client = connect(service)
    client.sign_up.email(name="Ann", email=address(request), password=PASSWORD)
    return client


def connect(service: Service) -> AuthClient:
    """Return a client with an empty cookie jar. It is patient, for a busy machine."""
    return AuthClient(service.url, timeout=60)


def address(request: pytest.FixtureRequest) -> str:
    """Return the address of a test's user."""
    return f"{request.node.name.replace('_', '-')[:40]}@example.com"


def refused(call: Any, **sent: Any) -> str:
    """Return the code of the error that a call raises."""
    with pytest.raises(APIError) as error:
        call(**sent)
    return str(error.value.code)


def test_an_app_is_set_up_and_asked_for(client: AuthClient, service: Service, request: pytest.FixtureRequest) -> None:
    enabled = client.two_factor.enable(password=PASSWORD)
    app = pyotp.TOTP(pyotp.parse_uri(enabled["totpURI"]).secret)
    assert client.two_factor.verify_totp(code=app.now())["user"]["twoFactorEnabled"] is True
    assert client.get_session()["user"]["twoFactorEnabled"] is True

    other = connect(service)
    waiting = other.sign_in.email(email=address(request), password=PASSWORD)
    assert waiting["twoFactorMethods"] == ["totp", "otp"]
    assert other.get_session() is None
    assert refused(other.two_factor.verify_totp, code="000000") == "INVALID_CODE"
    assert other.two_factor.verify_totp(code=app.at(int(time.time()) + 30), trustDevice=True)["user"]["name"] == "Ann"
    assert other.get_session()["user"]["email"] == address(request)
    other.sign_out()
    assert "token" in other.sign_in.email(email=address(request), password=PASSWORD)  # a trusted device

    third = connect(service)
    third.sign_in.email(email=address(request), password=PASSWORD)
    assert third.two_factor.send_otp() == {"status": True}
    assert third.two_factor.verify_backup_code(code=enabled["backupCodes"][0])["user"]["name"] == "Ann"
    assert third.two_factor.generate_backup_codes(password=PASSWORD)["status"] is True
    assert third.two_factor.disable(password=PASSWORD) == {"status": True}
    assert third.get_session()["user"]["twoFactorEnabled"] is False


def test_an_unproven_account_gets_no_passkey(client: AuthClient) -> None:
    assert refused(client.passkey.generate_register_options) == "ACCOUNT_NOT_PROVEN"


def test_a_passkey_is_added_and_signs_in(service: Service, request: pytest.FixtureRequest) -> None:
    client = verified(service, address(request))
    authenticator = Authenticator(origin=service.url)
    options = client.passkey.generate_register_options(name="Phone")
    passkey = client.passkey.verify_registration(response=authenticator.register(options), name="Phone")
    assert [one["id"] for one in client.passkey.list_user_passkeys()] == [passkey["id"]]

    other = connect(service)
    signed_in = other.passkey.verify_authentication(
        response=authenticator.authenticate(other.passkey.generate_authenticate_options())
    )
    assert signed_in["user"]["email"] == address(request)
    assert other.get_session()["session"]["id"] == signed_in["session"]["id"]

    assert client.passkey.update_passkey(id=passkey["id"], name="Key")["passkey"]["name"] == "Key"
    assert client.passkey.delete_passkey(id=passkey["id"]) == {"status": True}
    unknown = authenticator.authenticate(other.passkey.generate_authenticate_options())
    assert refused(other.passkey.verify_authentication, response=unknown) == "AUTHENTICATION_FAILED"


def verified(service: Service, email: str) -> AuthClient:
    """Return a client of a user with a verified address."""
    client = connect(service)
    client.sign_up.email(name="Ann", email=email, password=PASSWORD)
    client.send_verification_email(email=email)
    client.verify_email(token=mailed_token(service, email))
    return client


def mailed_token(service: Service, email: str) -> str:
    """Wait for the first mail to an address, and return its token."""
    mails: list[dict[str, str]] = []

    def come() -> bool:
        with urlopen(f"{service.url}/dev/mailbox.json?to={quote(email)}") as response:  # noqa: S310 -- ours
            mails.extend(json.load(response))
        return bool(mails)

    wait_until(come)
    found = re.search(r"token=([\w-]+)", mails[0]["text"])
    assert found
    return found[1]
