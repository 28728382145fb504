"""People who came in the way anybody does."""

from dataclasses import dataclass

from tests.support.calls import Api
from tests.support.mailbox import Mailbox

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody signed in."""

    id: str
    email: str
    token: str
    cookie: str


class People:
    """Makes users by the front door."""

    def __init__(self, call: Api, mailbox: Mailbox) -> None:
        """Nobody yet."""
        self._call = call
        self._mailbox = mailbox

    def verified(self, name: str = "ann", password: str = PASSWORD) -> str:
        """Sign up and verify `name`@example.com; the address."""
        email = f"{name}@example.com"
        self._call("POST /api/auth/sign-up/email", json={"email": email, "password": password, "name": name})
        token = self._mailbox.to(email)[-1].token
        assert self._call("POST /api/auth/verify-email", json={"token": token}).status == 200
        return email

    def sign_in(self, email: str, password: str = PASSWORD) -> Person:
        """One more session for somebody verified."""
        answer = self._call("POST /api/auth/sign-in/email", json={"email": email, "password": password})
        assert answer.status == 200, answer.text
        cookie = answer.cookies[0].partition(";")[0]
        return Person(id=answer.json["user"]["id"], email=email, token=answer.json["token"], cookie=cookie)

    def signed_in(self, name: str = "ann") -> Person:
        """A new user with a session."""
        return self.sign_in(self.verified(name))
