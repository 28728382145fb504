"""POST /api/auth/two-factor/generate-backup-codes: replaces the backup codes."""

from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, Person
from tests.support.two_factor import ENABLE, GENERATE, VERIFY_BACKUP, Enrolled, challenge, give


def test_the_new_ones_count_and_the_old_ones_do_not(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    renewed = call(GENERATE, bearer=enrolled.token, json={"password": PASSWORD})

    assert (renewed.status, renewed.json["status"], len(set(renewed.json["backupCodes"]))) == (200, True, 10)
    token = challenge(call, enrolled.email)
    assert give(call, VERIFY_BACKUP, token, enrolled.backup_codes[0]).code == "INVALID_BACKUP_CODE"
    assert give(call, VERIFY_BACKUP, token, renewed.json["backupCodes"][0]).status == 200
    assert "the backup codes were replaced" in "".join(mail.text for mail in mailbox.to(enrolled.email))


def test_it_takes_the_password(call: Api, enrolled: Enrolled) -> None:
    assert call(GENERATE, bearer=enrolled.token, json={"password": "wrong"}).code == "INVALID_PASSWORD"


def test_without_an_app_there_are_none(call: Api, ann: Person) -> None:
    assert call(GENERATE, bearer=ann.token, json={"password": PASSWORD}).code == "TWO_FACTOR_NOT_ENABLED"
    token = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"}).headers["set-auth-token"]
    assert call(GENERATE, bearer=token, json={"password": PASSWORD}).code == "TWO_FACTOR_NOT_ENABLED"
