"""The second factor: set up, asked for, trusted, turned off."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.deployed.gateway import DeployedApi, DeployedMailbox, DeployedPeople
from tests.deployed.stage import LocalStage, wait_until
from tests.support import two_factor as second
from tests.support.people import PASSWORD

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
    lea = second.Enrolled(api, people.signed_in("ole@example.com"))
    steps: dict[str, Callable[[], str]] = {
        second.VERIFY_TOTP: lambda: lea.app.code(steps=1),
        second.VERIFY_OTP: lambda: mailed_code(mailbox, lea.email, 1),
        second.VERIFY_BACKUP: lambda: lea.backup_codes[0],
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
