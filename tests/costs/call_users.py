"""Users who make one call, and what must exist before it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from os import environ
from typing import Any
from unittest.mock import patch

from gatehouse_dev.cloud import Cloud
from tests.costs.sizes import Index
from tests.support.auth_calls import request_reset, sign_up
from tests.support.authenticator import Authenticator
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow
from tests.support.passkeys import Passkeys
from tests.support.people import PASSWORD, People, Person
from tests.support.pictures import PNG, data_url
from tests.support.provider import CLIENT_SECRET, GOOGLE_SECRET, Provider
from tests.support.two_factor import SEND_OTP, Enrolled, challenge

PICTURE = data_url(PNG + bytes(25_000))  # about as large as the PNG of a face with 128 by 128 pixels


class CallUsers:
    """Creates a new user for each call, so that calls do not affect each other."""

    def __init__(self, call: Api, cloud: Cloud, provider: Provider, indexes: Mapping[str, Iterable[Index]]) -> None:
        """Create users in this cloud."""
        self.call, self.cloud, self.indexes = call, cloud, indexes
        self.people, self.mailbox, self.oauth_flow = People(call), Mailbox(call, cloud), OAuthFlow(call, provider)
        self._numbers = count(1)

    def reset_cloud(self) -> None:
        """Empty all tables but for the current keys."""
        self.cloud.reset()
        layer("keys.keyring").clear_cache()
        layer("keys.access_tokens").ensure_published()

    def number(self) -> int:
        """Return a new number."""
        return next(self._numbers)

    def address(self) -> str:
        """Return an unused address."""
        return f"user-{self.number():04}@example.com"

    def ip(self) -> str:
        """Return an unused IP address."""
        number = self.number()
        return f"10.0.{number // 250}.{number % 250 + 1}"

    def known(self) -> str:
        """Create a user without a session and return the address."""
        return self.people.verified(f"user-{self.number():04}")

    def person(self) -> Person:
        """Create a signed-in user."""
        return self.people.sign_in(self.known())

    def waiting(self) -> str:
        """Sign up, and return the unverified address."""
        address = self.address()
        sign_up(self.call, address)
        return address

    def verification(self) -> str:
        """Return the verification token of a new sign-up."""
        return self.mailbox.to(self.waiting())[-1].token

    def reset_token(self) -> str:
        """Return a password reset token."""
        return request_reset(self.call, self.mailbox, self.known())

    def refresh(self) -> str:
        """Return a refresh token."""
        login = self.call("POST /api/auth/login", json={"email": self.known(), "password": PASSWORD})
        return str(login.json["refresh_token"])

    def deleting(self) -> tuple[Person, str]:
        """Return a user who requested deletion, and the mailed token."""
        person = self.person()
        with settings(delete_user_by_mail="true"):
            self.call("POST /api/auth/delete-user", bearer=person.token, json={})
        return person, self.mailbox.to(person.email)[-1].token

    def unsubscribing(self) -> str:
        """Return the token in a digest of a user with reminders."""
        person = self.person()
        self.call("POST /api/auth/update-user", bearer=person.token, json={"taskReminders": True})
        token: str = layer("tokens.unsubscribing").unsubscribe_token(person.id, person.email)
        return token

    def picture(self) -> dict[str, str]:
        """Return the ids of a user's picture."""
        person = self.person()
        self.call("POST /api/auth/update-user", bearer=person.token, json={"image": PICTURE})
        url = self.call("GET /api/auth/me", bearer=person.token).json["user"]["image"]
        return dict(zip(("user_id", "picture_id"), url.split("/")[-2:], strict=True))

    def passkeys(self, person: Person) -> dict[str, Any]:
        """Add a passkey to a user; return its id, its answer to a challenge, and another passkey to be added."""
        passkeys = Passkeys(call=self.call)
        made = passkeys.added(person, counts=True)
        return {
            "PASSKEY": passkeys.list(person)[0]["id"],
            "ASSERTION": made.authenticate(passkeys.options()),
            "REGISTRATION": Authenticator().register(passkeys.register_options(person)),
        }

    def second_factor(self) -> dict[str, Any]:
        """Return a user with an app: session, address, codes that were not used, and a sign-in that waits for them."""
        enrolled = Enrolled(self.call, self.person())
        waiting = challenge(self.call, enrolled.email)
        self.call(SEND_OTP, json={"two_factor_token": waiting})
        return {
            "ENROLLED": enrolled.token,
            "ENROLLED_EMAIL": enrolled.email,
            "CHALLENGE": waiting,
            "APP_CODE": lambda: enrolled.app.code(steps=1),
            "BACKUP_CODE": enrolled.backup_codes[0],
            "MAILED_CODE": self.mailbox.to(enrolled.email)[-1].subject[:6],
        }

    def google_claims(self) -> dict[str, Any]:
        """Return the claims of a new Google user."""
        return {"sub": str(self.number()), "email": self.address(), "email_verified": True}

    def linked(self) -> tuple[Person, str]:
        """Return a user with a linked Google account, and the account's id."""
        person = self.person()
        self.oauth_flow.link(person.token, **self.google_claims() | {"email": person.email})
        accounts = self.call("GET /api/auth/list-accounts", bearer=person.token).json
        return person, str(accounts[-1]["id"])


@contextmanager
def settings(**given: str) -> Iterator[None]:
    """Change settings temporarily: `settings(rate_limits="on")`."""
    config = layer("config").config
    with patch.dict(environ, {f"GATEHOUSE_{name.upper()}": value for name, value in given.items()}):
        config.cache_clear()
        config()
        try:
            yield
        finally:
            config.cache_clear()


@contextmanager
def google(cloud: Cloud, provider: Provider) -> Iterator[None]:
    """Configure the provider as Google."""
    manager = cloud.client("secretsmanager")
    if GOOGLE_SECRET not in {secret["Name"] for secret in manager.list_secrets(MaxResults=100)["SecretList"]}:
        manager.create_secret(Name=GOOGLE_SECRET, SecretString=CLIENT_SECRET)
    manager.put_secret_value(SecretId=GOOGLE_SECRET, SecretString=CLIENT_SECRET)
    layer("keys.secret").clear_named_secrets()
    with settings(**provider.google_settings()):
        yield
