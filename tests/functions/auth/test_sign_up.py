"""Sign-up promises."""

from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD

SIGN_UP = "POST /api/auth/sign-up/email"


def test_signing_up_gives_no_session_before_the_address_is_verified(call: Api, mailbox: Mailbox) -> None:
    answer = call(SIGN_UP, json={"email": "Ann@Example.com", "password": PASSWORD, "name": "Ann"})

    assert answer.status == 200
    assert answer.json["token"] is None
    assert answer.cookies == []
    assert answer.json["user"]["email"] == "ann@example.com"
    assert mailbox.last.to == "ann@example.com"
