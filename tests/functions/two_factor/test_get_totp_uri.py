"""POST /api/auth/two-factor/get-totp-uri: shows the secret of the app again."""

import pytest

from tests.support.calls import Api
from tests.support.people import PASSWORD, Person
from tests.support.two_factor import ENABLE, GET_URI, App, Enrolled


def test_it_is_the_same_secret(call: Api, enrolled: Enrolled) -> None:
    shown = call(GET_URI, bearer=enrolled.token, json={"password": PASSWORD})

    assert (shown.status, set(shown.json)) == (200, {"totpURI"})
    assert App(shown.json["totpURI"]).totp.secret == enrolled.app.totp.secret


def test_it_can_be_an_image(call: Api, enrolled: Enrolled) -> None:
    shown = call(GET_URI, bearer=enrolled.token, json={"password": PASSWORD, "qrCode": True})

    assert shown.json["qrCode"].startswith("data:image/svg+xml")


@pytest.mark.parametrize(("body", "refused"), [({"password": "wrong"}, "INVALID_PASSWORD"), ({}, "VALIDATION_ERROR")])
def test_it_takes_the_password(call: Api, enrolled: Enrolled, body: dict[str, str], refused: str) -> None:
    assert call(GET_URI, bearer=enrolled.token, json=body).code == refused


def test_without_an_app_there_is_none(call: Api, ann: Person) -> None:
    assert call(GET_URI, bearer=ann.token, json={"password": PASSWORD}).code == "TOTP_NOT_ENABLED"
    token = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"}).headers["set-auth-token"]
    assert call(GET_URI, bearer=token, json={"password": PASSWORD}).code == "TOTP_NOT_ENABLED"
