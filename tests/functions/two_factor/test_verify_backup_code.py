"""POST /api/auth/two-factor/verify-backup-code: each code counts once."""

from collections.abc import Callable

import pytest

from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, Person
from tests.support.two_factor import ENABLE, VERIFY_BACKUP, Enrolled, challenge, give


def test_a_code_completes_a_sign_in_once_and_the_owner_is_told(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    code = enrolled.backup_codes[3]

    done = give(call, VERIFY_BACKUP, challenge(call, enrolled.email), code)

    assert (done.status, done.json["user"]["id"]) == (200, enrolled.id)
    assert give(call, VERIFY_BACKUP, challenge(call, enrolled.email), code).code == "INVALID_BACKUP_CODE"
    assert "a backup code was used" in mailbox.to(enrolled.email)[-1].text


def test_of_two_sign_ins_at_once_one_uses_a_code(
    call: Api, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, code = challenge(call, enrolled.email), challenge(call, enrolled.email), enrolled.backup_codes[0]
    interleave(monkeypatch, "accounts.gate", "transact", lambda: give(call, VERIFY_BACKUP, first, code))

    assert give(call, VERIFY_BACKUP, second, code).code == "INVALID_BACKUP_CODE"
    assert give(call, VERIFY_BACKUP, first, code).code == "INVALID_TWO_FACTOR_COOKIE"  # completed


@pytest.mark.parametrize("change", [str.swapcase, lambda code: code.replace("-", ""), lambda code: code[:-1]])
def test_codes_are_compared_exactly(call: Api, enrolled: Enrolled, change: Callable[[str], str]) -> None:
    code = change(enrolled.backup_codes[0])
    token = challenge(call, enrolled.email)

    assert give(call, VERIFY_BACKUP, token, code).code == "INVALID_BACKUP_CODE"


def test_a_code_may_have_blanks_around_it(call: Api, enrolled: Enrolled) -> None:
    assert give(call, VERIFY_BACKUP, challenge(call, enrolled.email), f" {enrolled.backup_codes[0]}\n").status == 200


def test_all_ten_count_and_then_there_are_none(call: Api, enrolled: Enrolled) -> None:
    for code in enrolled.backup_codes:
        assert give(call, VERIFY_BACKUP, challenge(call, enrolled.email), code).status == 200

    assert give(call, VERIFY_BACKUP, challenge(call, enrolled.email), "aaaaa-aaaaa").code == "BACKUP_CODES_NOT_ENABLED"


def test_a_code_can_be_used_up_without_a_session(call: Api, enrolled: Enrolled) -> None:
    token = challenge(call, enrolled.email)

    done = give(call, VERIFY_BACKUP, token, enrolled.backup_codes[0], disableSession=True)

    assert (done.status, set(done.json), done.cookies) == (200, {"user"}, [])
    assert give(call, VERIFY_BACKUP, token, enrolled.backup_codes[1]).code == "INVALID_TWO_FACTOR_COOKIE"
    again = challenge(call, enrolled.email)
    assert give(call, VERIFY_BACKUP, again, enrolled.backup_codes[0]).code == "INVALID_BACKUP_CODE"


def test_within_a_session_the_session_goes_on(call: Api, enrolled: Enrolled) -> None:
    done = call(VERIFY_BACKUP, bearer=enrolled.token, json={"code": enrolled.backup_codes[0]})

    assert (done.status, done.json["token"]) == (200, enrolled.token)


def test_without_codes_there_is_nothing_to_verify(call: Api, ann: Person) -> None:
    assert call(VERIFY_BACKUP, bearer=ann.token, json={"code": "aaaaa-aaaaa"}).code == "BACKUP_CODES_NOT_ENABLED"


def test_codes_do_not_count_before_a_code_of_the_app_was_given(call: Api, ann: Person) -> None:
    """Whoever only began to set up an app, of which nobody is told, has no other way in."""
    begin = {"password": PASSWORD}
    code = {"code": call(ENABLE, bearer=ann.token, json=begin).json["backupCodes"][0]}
    assert call(VERIFY_BACKUP, bearer=ann.token, json=code).code == "BACKUP_CODES_NOT_ENABLED"

    token = call(ENABLE, bearer=ann.token, json=begin | {"method": "otp"}).headers["set-auth-token"]
    code = call(ENABLE, bearer=token, json=begin).json["backupCodes"][0]

    assert give(call, VERIFY_BACKUP, challenge(call, ann.email), code).code == "BACKUP_CODES_NOT_ENABLED"
