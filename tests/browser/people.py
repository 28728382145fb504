"""Users with an account, created without a browser, and their mails."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page

from gatehouse_dev.seed import Api
from tests.support.service import Service

PASSWORD = "correct horse battery"
_MAIL_TIMEOUT = 10.0  # seconds
_LINK = re.compile(r"https?://\S+(?:token=|/reset-password/)\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user; those of `People` have a verified address."""

    name: str
    email: str
    password: str = PASSWORD


class People:
    """The users of a running service."""

    def __init__(self, service: Service) -> None:
        self._api = Api(url=service.url)
        self._people: dict[str, Person] = {}

    def __getitem__(self, name: str) -> Person:
        """Return the user of that name, who signs up on first use."""
        if name not in self._people:
            self._people[name] = self._sign_up(name)
        return self._people[name]

    def proven(self, name: str) -> Person:
        """Return a new user who gave the password along with the link, which proves that they set it."""
        self._people[name] = self._sign_up(name, password=PASSWORD)
        return self._people[name]

    def _sign_up(self, name: str, **proof: str) -> Person:
        person = Person(name=name, email=f"{name.lower()}@example.com")
        self._api.call("POST", "/api/auth/sign-up/email", {"name": name, "email": person.email, "password": PASSWORD})
        token = self.link(person.email).partition("token=")[2]
        self._api.call("POST", "/api/auth/verify-email", {"token": token} | proof)
        return person

    def link(self, email: str, seen: int = 0) -> str:
        """Wait for a mail to an address after `seen` older ones, and return its link with a token."""
        return self.mailed(email, _LINK, seen)

    def mailed(self, email: str, what: re.Pattern[str], seen: int = 0) -> str:
        """Wait for a mail to an address after `seen` older ones, and return what matches in the latest."""
        deadline = time.monotonic() + _MAIL_TIMEOUT
        while time.monotonic() < deadline:
            mails = self._mails(email)
            if len(mails) > seen and (found := what.search(mails[-1]["text"])):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"no mail with {what.pattern} for {email}")

    def unsubscribe_link(self, person: Person) -> str:
        """Turn reminders on in a zone where it is morning, wait for the digest, and return its link that ends them."""
        now, seen = datetime.now(UTC), self.mails(person.email)
        zone = f"Etc/GMT{(now.hour - 12):+}"  # their signs are the other way round: it is noon there
        self.call(person, "POST", "/api/auth/update-user", {"taskReminders": True, "timeZone": zone})
        due = (now + timedelta(hours=3)).isoformat(timespec="seconds")
        self.call(person, "POST", "/api/tasks", {"title": "Water the plants", "due_date": due})
        self._api.call("POST", "/dev/schedules/Remind")
        return self.link(person.email, seen)

    def mails(self, email: str) -> int:
        """Return the number of mails to an address."""
        return len(self._mails(email))

    def token(self, person: Person) -> str:
        """Sign in without a browser and return the token."""
        body = {"email": person.email, "password": person.password}
        token: str = self._api.call("POST", "/api/auth/sign-in/email", body)["token"]
        return token

    def call(self, person: Person, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the API as a user, in a new session without a browser."""
        return Api(url=self._api.url, token=self.token(person)).call(method, path, body)

    def start_session(self, page: Page, person: Person) -> None:
        """Sign a browser in without the pages."""
        response = page.request.post(
            f"{self._api.url}/api/auth/sign-in/email",
            data={"email": person.email, "password": person.password},
            headers={"origin": self._api.url},
        )
        assert response.ok, response.text()

    def end_session(self, page: Page) -> None:
        """End the session of a browser on the server; its cookie stays."""
        cookies = {cookie.get("name"): cookie.get("value", "") for cookie in page.context.cookies()}
        token = cookies["better-auth.session_token"].partition(".")[0]
        Api(url=self._api.url, token=token).call("POST", "/api/auth/sign-out")

    def _mails(self, email: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._api.call("GET", f"/dev/mailbox.json?to={quote(email)}")
        return found
