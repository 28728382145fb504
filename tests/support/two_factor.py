"""A user's authenticator app, and sign-ins that wait for its codes."""

from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pyotp

from tests.support.auth_calls import sign_in
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import PASSWORD, Person

ENABLE, DISABLE = "POST /api/auth/two-factor/enable", "POST /api/auth/two-factor/disable"
VERIFY_TOTP, VERIFY_OTP = "POST /api/auth/two-factor/verify-totp", "POST /api/auth/two-factor/verify-otp"
VERIFY_BACKUP, SEND_OTP = "POST /api/auth/two-factor/verify-backup-code", "POST /api/auth/two-factor/send-otp"
GENERATE, GET_URI = "POST /api/auth/two-factor/generate-backup-codes", "POST /api/auth/two-factor/get-totp-uri"
LIST_TRUSTED, REVOKE_TRUSTED = "GET /api/auth/list-trusted-devices", "POST /api/auth/revoke-trusted-device"
SESSION, CHALLENGE, TRUST = (f"__Secure-better-auth.{name}" for name in ("session_token", "two_factor", "trust_device"))
IP = "203.0.113.7"


class App:
    """An app that shows the codes of a secret, by pyotp."""

    def __init__(self, uri: str) -> None:
        """Scan the QR code."""
        self.totp = cast("pyotp.TOTP", pyotp.parse_uri(uri))
        self.parameters = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}

    def code(self, *, steps: int = 0) -> str:
        """Return the code of the current step, or one that is `steps` later."""
        now = int(layer("clock").now().timestamp()) + 30 * steps
        return self.totp.at(now)

    def wrong(self) -> str:
        """Return a code that is not valid now."""
        valid = {self.code(steps=steps) for steps in range(-2, 3)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in valid)


class Enrolled:
    """A user with an app as second factor, signed in."""

    def __init__(self, call: Api, person: Person) -> None:
        """Turn it on; the code of this step is used."""
        begun = call(ENABLE, bearer=person.token, json={"password": PASSWORD})
        assert begun.status == 200, begun.text
        self.app = App(begun.json["totpURI"])
        self.backup_codes: list[str] = begun.json["backupCodes"]
        confirmed = call(VERIFY_TOTP, bearer=person.token, json={"code": self.app.code()})
        assert confirmed.status == 200, confirmed.text
        self.id, self.email, self.token = person.id, person.email, confirmed.json["token"]


def challenge(call: Api, email: str, *, ip: str = IP, **body: Any) -> str:
    """Sign in with the password, and return the token of the sign-in that waits."""
    response = call("POST /api/auth/sign-in/email", ip=ip, json={"email": email, "password": PASSWORD} | body)
    assert response.status == 200, response.text
    token: str = response.json["two_factor_token"]
    return token


def give(call: Api, route: str, token: str, code: str, *, ip: str = IP, **body: Any) -> Response:
    """Give a code for a sign-in that waits."""
    return call(route, ip=ip, json={"two_factor_token": token, "code": code} | body)


def cookie_of(response: Response, name: str) -> str:
    """Return a cookie that a response sets, as the browser sends it back; empty when it is cleared or absent."""
    found = [line.partition(";")[0] for line in response.cookies if line.startswith(f"{name}=")]
    return found[-1] if found and not found[-1].endswith("=") else ""


def is_challenged(call: Api, email: str, **request: Any) -> bool:
    """Whether signing in with the password asks for the second factor."""
    if request:
        response = call("POST /api/auth/sign-in/email", json={"email": email, "password": PASSWORD}, **request)
    else:
        response = sign_in(call, email)
    assert response.status == 200, response.text
    return bool(response.json.get("twoFactorRedirect"))
