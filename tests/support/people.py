"""Users with sessions."""

from dataclasses import dataclass, replace

from tests.support.calls import Api
from tests.support.layer import layer

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A signed-in user."""

    id: str
    email: str
    token: str
    cookie: str


class People:
    """Creates verified users directly in the tables. They sign in through the API."""

    def __init__(self, call: Api) -> None:
        """Sign in through this API."""
        self._call = call

    def verified(self, name: str = "ann", password: str = PASSWORD) -> str:
        """Create the verified user `name`@example.com and return the address."""
        lookup, table, passwords = (layer(f"accounts.{part}") for part in ("lookup", "table", "passwords"))
        user = replace(lookup.new_user(f"{name}@example.com", name=name), email_verified=True)
        password_hash = passwords.hash_password(password)
        creation = table.create_profile(table.new_profile(user, password_hash))
        layer("dynamodb").transact(*creation, layer("sessions").create_epoch(user.id))
        return str(user.email)

    def sign_in(self, email: str, password: str = PASSWORD) -> Person:
        """Sign a verified user in."""
        response = self._call("POST /api/auth/sign-in/email", json={"email": email, "password": password})
        assert response.status == 200, response.text
        cookie = response.cookies[0].partition(";")[0]
        return Person(id=response.json["user"]["id"], email=email, token=response.json["token"], cookie=cookie)

    def signed_in(self, name: str = "ann") -> Person:
        """Create a verified user and sign in."""
        return self.sign_in(self.verified(name))
