"""POST /api/auth/two-factor/send-otp: mails a code."""

import re
from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import Person
from tests.support.two_factor import CHALLENGE, SEND_OTP, Enrolled, challenge, cookie_of


def test_a_code_of_six_digits_is_mailed(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    sent = call(SEND_OTP, json={"two_factor_token": challenge(call, enrolled.email)})

    assert (sent.status, sent.json) == (200, {"status": True})
    mail = mailbox.to(enrolled.email)[-1]
    assert re.fullmatch(r"\d{6} is your code for Gatehouse", mail.subject)
    assert mail.subject[:6] in mail.text
    assert mail.subject[:6] in mail.html


def test_every_mail_has_a_code_of_its_own(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    subjects = set()
    for _ in range(5):
        call(SEND_OTP, bearer=enrolled.token, json={})
        subjects.add(mailbox.to(enrolled.email)[-1].subject)

    assert len(subjects) > 1


def test_the_code_is_not_stored(call: Api, enrolled: Enrolled, mailbox: Mailbox, cloud: Cloud) -> None:
    call(SEND_OTP, json={"two_factor_token": challenge(call, enrolled.email)})
    code = mailbox.to(enrolled.email)[-1].subject[:6]
    rows = cloud.client("dynamodb").scan(TableName="TokensTable")["Items"]

    (row,) = [row for row in rows if row["purpose"]["S"] == "two-factor-code"]
    values = [value for attribute in row.values() for value in attribute.values()]
    assert code not in [str(value) for value in values]


@pytest.mark.parametrize("body", [None, {}, {"trustDevice": True}])
def test_within_a_session_the_body_may_be_empty(
    call: Api, ann: Person, mailbox: Mailbox, body: dict[str, bool] | None
) -> None:
    sent = call(SEND_OTP, bearer=ann.token, json=body) if body is not None else call(SEND_OTP, bearer=ann.token)

    assert (sent.status, mailbox.to(ann.email)[-1].subject[6:]) == (200, " is your code for Gatehouse")


def test_without_a_sign_in_nothing_is_mailed(call: Api, mailbox: Mailbox) -> None:
    before = len(mailbox.all)

    assert call(SEND_OTP, json={}).code == "INVALID_TWO_FACTOR_COOKIE"
    assert len(mailbox.all) == before


def test_whoever_came_by_the_mailbox_alone_gets_no_code_there(
    call: Api, enrolled: Enrolled, oauth_flow: OAuthFlow, mailbox: Mailbox
) -> None:
    came = oauth_flow.sign_in(email=enrolled.email)
    before = len(mailbox.to(enrolled.email))

    refused = call(SEND_OTP, cookies=[cookie_of(came, CHALLENGE)], headers={"origin": "https://app.example.com"})

    assert "twoFactorMethods=totp&" in f"{came.headers['location']}&"
    assert (refused.status, refused.code) == (400, "OTP_NOT_CONFIGURED")
    assert len(mailbox.to(enrolled.email)) == before


def test_mails_from_one_address_are_limited(call: Api, enrolled: Enrolled, settings: Callable[..., None]) -> None:
    settings(rate_limits="on", rate_limit_mail="2/60")
    codes = [call(SEND_OTP, bearer=enrolled.token, json={}).code for _ in range(3)]

    assert codes == [None, None, "TOO_MANY_REQUESTS"]


def test_a_person_gets_a_limited_number_of_codes(call: Api, enrolled: Enrolled, settings: Callable[..., None]) -> None:
    settings(rate_limits="on", rate_limit_mail="1000/60", rate_limit_sign_in="1000/10")
    codes = [call(SEND_OTP, bearer=enrolled.token, json={}).code for _ in range(4)]

    assert codes == [None, None, None, "TOO_MANY_REQUESTS"]
