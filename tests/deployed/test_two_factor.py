"""The second factor: set up, asked for, trusted, turned off."""

from typing import Any

import pytest

from tests.deployed.gateway import DeployedApi, DeployedMailbox, DeployedPeople
from tests.support import two_factor as second
from tests.support.people import PASSWORD

pytestmark = pytest.mark.deployed
OWNER = {"password": PASSWORD}


def test_an_app_is_set_up_and_asked_for(call: DeployedApi, people: DeployedPeople, mailbox: DeployedMailbox) -> None:
    api: Any = call
    kim = people.signed_in("kim@example.com")
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
    mailed = next(mail for mail in mailbox.to(kim.email)[::-1] if "is your code" in mail.subject)
    assert second.give(api, second.VERIFY_OTP, waiting, mailed.subject[:6]).status == 200
    done = second.give(api, second.VERIFY_BACKUP, second.challenge(api, kim.email), codes[0])

    assert call(second.DISABLE, bearer=done.json["token"], json=OWNER).status == 200
    assert not second.is_challenged(api, kim.email)
