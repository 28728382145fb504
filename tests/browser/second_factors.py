"""Second factors of users, without a browser: an authenticator app, and mailed codes."""

import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pyotp

from gatehouse_dev.seed import Api
from tests.browser.people import People, Person
from tests.support.service import Service

PERIOD = 30  # seconds
_CODE = re.compile(r"^\d{6}$", re.MULTILINE)


class AuthenticatorApp:
    """An app with a user's secret. A code counts once, so the service's clock runs ahead when codes are used fast."""

    def __init__(self, secret: str, service: Service) -> None:
        self._totp = pyotp.TOTP(secret)
        self._clock = service.clock
        self._used = 0

    def code(self) -> str:
        """Return a code that was not used yet."""
        step = self._step()
        self._used = max(self._used + 1, step - 1)
        if self._used > step + 1:
            self._clock.write_text(str(float(self._clock.read_text()) + PERIOD), encoding="ascii")
        return self._totp.at(self._used * PERIOD)

    def wrong_code(self) -> str:
        """Return a code that is wrong at any time near."""
        near = {self._totp.at((self._step() + offset) * PERIOD) for offset in range(-5, 60)}
        return next(code for code in (f"{number:06}" for number in range(1000)) if code not in near)

    def _step(self) -> int:
        return int(time.time() + float(self._clock.read_text())) // PERIOD


def secret_in(uri: str) -> str:
    """Return the secret of an app's URI."""
    return parse_qs(urlsplit(uri).query)["secret"][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """The second factor of a user."""

    app: AuthenticatorApp
    backup_codes: list[str]


def turn_on(people: People, person: Person, service: Service) -> SecondFactor:
    """Set up an app for a user."""
    api = Api(url=service.url, token=people.token(person))
    setup = api.call("POST", "/api/auth/two-factor/enable", {"password": person.password})
    app = AuthenticatorApp(secret_in(setup["totpURI"]), service)
    api.call("POST", "/api/auth/two-factor/verify-totp", {"code": app.code()})
    return SecondFactor(app=app, backup_codes=setup["backupCodes"])


def turn_on_mailed_codes(people: People, person: Person) -> None:
    """Make mailed codes the second factor of a user, and wait for the mail that says so."""
    seen = people.mails(person.email)
    people.call(person, "POST", "/api/auth/two-factor/enable", {"password": person.password, "method": "otp"})
    people.mailed(person.email, re.compile("second factor was turned on"), seen)


def mailed_code(people: People, person: Person, seen: int) -> str:
    """Wait for a mail to a user after `seen` older ones, and return its code."""
    return people.mailed(person.email, _CODE, seen)
