"""The second factor: set up, asked for, trusted, turned off."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from tests.deployed.gateway import DeployedApi, DeployedMailbox, DeployedPeople
from tests.deployed.stage import LocalStage, wait_until
from tests.support import two_factor as second
from tests.support.oauth_flow import SOCIAL
from tests.support.people import PASSWORD
from tests.support.provider import Provider

pytestmark = pytest.mark.deployed
OWNER = {"password": PASSWORD}
CODE = "is your code"  # the subject of its mail


def mailed_code(mailbox: DeployedMailbox, email: str, number: int) -> str:
    """Wait for the user's `number`-th code."""
    codes = wait_until(
        lambda: found if len(found := [one for one in mailbox.to(email) if CODE in one.subject]) >= number else [],
        f"code {number} came to {email}",
    )
    return codes[number - 1].subject[:6]


def test_whichever_second_step_needs_the_first_key_publishes_it(
    call: DeployedApi, stage: LocalStage, people: DeployedPeople, mailbox: DeployedMailbox
) -> None:
    api: Any = call
    lea = people.signed_in("ole@example.com")
    begun = call(second.ENABLE, bearer=lea.token, json=OWNER).json
    app = second.App(begun["totpURI"])
    stage.forget_keyring()
    assert call(second.VERIFY_TOTP, bearer=lea.token, json={"code": app.code()}).status == 200
    steps: dict[str, Callable[[], str]] = {
        second.VERIFY_TOTP: lambda: app.code(steps=1),
        second.VERIFY_OTP: lambda: mailed_code(mailbox, lea.email, 1),
        second.VERIFY_BACKUP: lambda: begun["backupCodes"][0],
    }
    for route, code in steps.items():
        waiting = call("POST /api/auth/login", json={"email": lea.email, **OWNER}).json["two_factor_token"]
        if route == second.VERIFY_OTP:
            call(second.SEND_OTP, json={"two_factor_token": waiting})
        given = code()
        stage.forget_keyring()
        assert "access_token" in second.give(api, route, waiting, given).json, route


def test_an_app_is_set_up_and_asked_for(call: DeployedApi, people: DeployedPeople, mailbox: DeployedMailbox) -> None:
    api: Any = call
    kim = people.signed_in("nel@example.com")
    enrolled = second.Enrolled(api, kim)
    token = enrolled.token

    assert call(second.GET_URI, bearer=token, json=OWNER | {"qrCode": True}).json["qrCode"].startswith("data:image/")
    codes = call(second.GENERATE, bearer=token, json=OWNER).json["backupCodes"]
    waiting = second.challenge(api, kim.email)
    trusted = second.give(api, second.VERIFY_TOTP, waiting, enrolled.app.code(steps=1), trustDevice=True)
    cookie = second.cookie_of(trusted, second.TRUST)
    assert not second.is_challenged(api, kim.email, cookies=[cookie])
    (device,) = call(second.LIST_TRUSTED, bearer=token).json
    assert call(second.REVOKE_TRUSTED, bearer=token, json={"id": device["id"]}).status == 200

    waiting = second.challenge(api, kim.email)
    assert call(second.SEND_OTP, json={"two_factor_token": waiting}).status == 200
    assert second.give(api, second.VERIFY_OTP, waiting, mailed_code(mailbox, kim.email, 1)).status == 200
    done = second.give(api, second.VERIFY_BACKUP, second.challenge(api, kim.email), codes[0])

    assert call(second.DISABLE, bearer=done.json["token"], json=OWNER).status == 200
    assert not second.is_challenged(api, kim.email)


def test_mailed_codes_of_a_user_without_a_password(
    call: DeployedApi, google: Provider, mailbox: DeployedMailbox
) -> None:
    """They stand for the password where the second factor is changed."""
    token, codes = without_password(call, google, "pam@example.com"), count(1)
    token = call(second.ENABLE, bearer=token, json={"method": "otp"}).headers["set-auth-token"]

    def code() -> dict[str, str]:
        assert call(second.SEND_OTP, bearer=token).status == 200
        return {"code": mailed_code(mailbox, "pam@example.com", next(codes))}

    assert call(second.GENERATE, bearer=token, json=code()).code == "TWO_FACTOR_NOT_ENABLED"
    assert call(second.GET_URI, bearer=token, json=code()).code == "TOTP_NOT_ENABLED"
    token = call(second.DISABLE, bearer=token, json=code()).headers["set-auth-token"]
    assert call(second.VERIFY_OTP, bearer=token, json=code()).json["user"]["email"] == "pam@example.com"


def test_a_user_without_a_password_changes_to_an_app(
    call: DeployedApi, google: Provider, mailbox: DeployedMailbox
) -> None:
    token = without_password(call, google, "roy@example.com")
    token = call(second.ENABLE, bearer=token, json={"method": "otp"}).headers["set-auth-token"]
    assert call(second.SEND_OTP, bearer=token).status == 200
    given = {"code": mailed_code(mailbox, "roy@example.com", 1)}
    assert call(second.VERIFY_OTP, bearer=token, json=given).status == 200
    assert call(second.SEND_OTP, bearer=token).status == 200
    begun = call(second.ENABLE, bearer=token, json={"code": mailed_code(mailbox, "roy@example.com", 2)}).json
    app, codes = second.App(begun["totpURI"]), begun["backupCodes"]
    token = call(second.VERIFY_TOTP, bearer=token, json={"code": app.code()}).json["token"]

    assert call(second.VERIFY_TOTP, bearer=token, json={"code": app.code(steps=1)}).status == 200
    assert call(second.VERIFY_BACKUP, bearer=token, json={"code": codes[0]}).status == 200
    assert call(second.GET_URI, bearer=token, json={"code": codes[1]}).json["totpURI"] == begun["totpURI"]
    assert call(second.DISABLE, bearer=token, json={"code": codes[2]}).status == 200


@pytest.mark.parametrize("route", [second.GET_URI, second.GENERATE])
def test_wrong_passwords_end_the_session(call: DeployedApi, people: DeployedPeople, route: str) -> None:
    user = people.signed_in(f"{route.rpartition('/')[2]}@example.com")
    assert 401 in {call(route, bearer=user.token, json={"password": "no"}).status for _ in range(4)}


def without_password(call: DeployedApi, google: Provider, email: str) -> str:
    """Sign up at the provider, and return the session's token."""
    id_token = google.id_token(sub=email, email=email, email_verified=True)
    token: str = call(SOCIAL, json={"provider": "google", "idToken": {"token": id_token}}).json["token"]
    return token
