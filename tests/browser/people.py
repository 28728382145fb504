"""People with an account, made without a browser; and what lies in their mailboxes."""

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page

from gatehouse_dev.seed import Api
from tests.support.service import Service

PASSWORD = "correct horse battery"
_MAIL_WITHIN = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a verified address."""

    name: str
    email: str
    password: str = PASSWORD


class People:
    """Whoever has an account at a running service."""

    def __init__(self, service: Service) -> None:
        self._api = Api(url=service.url)
        self._known: dict[str, Person] = {}

    def __getitem__(self, name: str) -> Person:
        """The person of that name, who signs up when first asked for."""
        if name not in self._known:
            person = Person(name=name, email=f"{name.lower()}@example.com")
            self._api.call(
                "POST", "/api/auth/sign-up/email", {"name": name, "email": person.email, "password": PASSWORD}
            )
            self._api.call("POST", "/api/auth/verify-email", {"token": self.link(person.email).partition("token=")[2]})
            self._known[name] = person
        return self._known[name]

    def link(self, email: str, seen: int = 0) -> str:
        """The link in the newest mail for an address, after `seen` older ones. It may take a moment to come."""
        deadline = time.monotonic() + _MAIL_WITHIN
        while time.monotonic() < deadline:
            mails = self._mails(email)
            if len(mails) > seen and (found := re.search(r"https?://\S+token=[\w-]+", mails[-1]["text"])):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"no mail with a link for {email}")

    def mails(self, email: str) -> int:
        """How many mails an address got."""
        return len(self._mails(email))

    def token(self, person: Person) -> str:
        """A session of a device without a browser."""
        body = {"email": person.email, "password": person.password}
        token: str = self._api.call("POST", "/api/auth/sign-in/email", body)["token"]
        return token

    def call(self, person: Person, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the API answers somebody, from a device without a browser."""
        return Api(url=self._api.url, token=self.token(person)).call(method, path, body)

    def enter(self, page: Page, person: Person) -> None:
        """Sign a browser in without its pages."""
        response = page.request.post(
            "/api/auth/sign-in/email",
            data={"email": person.email, "password": person.password},
            headers={"origin": self._api.url},
        )
        assert response.ok, response.text()

    def end(self, page: Page) -> None:
        """End the session of a browser behind its back; its cookie stays."""
        cookies = {cookie.get("name"): cookie.get("value", "") for cookie in page.context.cookies()}
        token = cookies["better-auth.session_token"].partition(".")[0]
        Api(url=self._api.url, token=token).call("POST", "/api/auth/sign-out")

    def _mails(self, email: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._api.call("GET", f"/dev/mailbox.json?to={quote(email)}")
        return found
