"""People who came in the way anybody does."""

from dataclasses import dataclass, replace

from tests.support.calls import Api
from tests.support.layer import layer

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody signed in."""

    id: str
    email: str
    token: str
    cookie: str


class People:
    """Users as a sign-up leaves them once it is verified, without its mails; they sign in by the front door."""

    def __init__(self, call: Api) -> None:
        """Nobody yet."""
        self._call = call

    def verified(self, name: str = "ann", password: str = PASSWORD) -> str:
        """A user `name`@example.com; the address."""
        people, table, passwords = (layer(f"accounts.{part}") for part in ("lookup", "table", "passwords"))
        user = replace(people.new_user(f"{name}@example.com", name=name), email_verified=True)
        password_hash = passwords.hash_password(password)
        creation = table.create_profile(table.new_profile(user, password_hash))
        layer("dynamodb").transact(*creation, layer("sessions").create_epoch(user.id))
        return str(user.email)

    def sign_in(self, email: str, password: str = PASSWORD) -> Person:
        """One more session for somebody verified."""
        answer = self._call("POST /api/auth/sign-in/email", json={"email": email, "password": password})
        assert answer.status == 200, answer.text
        cookie = answer.cookies[0].partition(";")[0]
        return Person(id=answer.json["user"]["id"], email=email, token=answer.json["token"], cookie=cookie)

    def signed_in(self, name: str = "ann") -> Person:
        """A new user with a session."""
        return self.sign_in(self.verified(name))
