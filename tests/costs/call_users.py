"""People who come just to make a call, and all that must be there before it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from os import environ
from typing import Any
from unittest.mock import patch

from gatehouse_dev.cloud import Cloud
from tests.costs.sizes import Index
from tests.support.auth_calls import request_reset, sign_up
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import PASSWORD, People, Person
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Provider

SECRET = "google-client-secret"


class CallUsers:
    """New ones each time, so that no call meets what an earlier one left."""

    def __init__(self, call: Api, cloud: Cloud, provider: Provider, indexes: Mapping[str, Iterable[Index]]) -> None:
        """Nobody yet."""
        self.call, self.cloud, self.indexes = call, cloud, indexes
        self.people, self.mailbox, self.journeys = People(call), Mailbox(call, cloud), OAuthFlow(call, provider)
        self._numbers = count(1)

    def begin_anew(self) -> None:
        """Empty tables, but for the keys that are in use."""
        self.cloud.reset()
        layer("keys.keyring").clear_cache()
        layer("keys.access_tokens").ensure_published()

    def number(self) -> int:
        """One that nobody had."""
        return next(self._numbers)

    def address(self) -> str:
        """An address that nobody has."""
        return f"guest-{self.number():04}@example.com"

    def ip(self) -> str:
        """Where nobody called from lately."""
        number = self.number()
        return f"10.0.{number // 250}.{number % 250 + 1}"

    def known(self) -> str:
        """The address of somebody who is not signed in."""
        return self.people.verified(f"guest-{self.number():04}")

    def person(self) -> Person:
        """Somebody signed in."""
        return self.people.sign_in(self.known())

    def waiting(self) -> str:
        """The address of somebody who has yet to verify it."""
        address = self.address()
        sign_up(self.call, address)
        return address

    def verification(self) -> str:
        """The token in the mail of a sign-up."""
        return self.mailbox.to(self.waiting())[-1].token

    def reset(self) -> str:
        """The token in the mail of a forgotten password."""
        return request_reset(self.call, self.mailbox, self.known())

    def refresh(self) -> str:
        """A refresh token."""
        login = self.call("POST /api/auth/login", json={"email": self.known(), "password": PASSWORD})
        return str(login.json["refresh_token"])

    def leaving(self) -> tuple[Person, str]:
        """Somebody who asked to be deleted, and the token that they were mailed."""
        person = self.person()
        with settings(delete_user_by_mail="true"):
            self.call("POST /api/auth/delete-user", bearer=person.token, json={})
        return person, self.mailbox.to(person.email)[-1].token

    def at_google(self) -> dict[str, Any]:
        """Who somebody is there."""
        return {"sub": str(self.number()), "email": self.address(), "email_verified": True}

    def linked(self) -> tuple[Person, str]:
        """Somebody who linked their account at Google, and what it is called here."""
        person = self.person()
        self.journeys.link(person.token, **self.at_google() | {"email": person.email})
        accounts = self.call("GET /api/auth/list-accounts", bearer=person.token).json
        return person, str(accounts[-1]["id"])


@contextmanager
def settings(**given: str) -> Iterator[None]:
    """Other settings for a while: `settings(rate_limits="on")`."""
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
    """The provider is what the service takes for Google."""
    manager = cloud.client("secretsmanager")
    if SECRET not in {secret["Name"] for secret in manager.list_secrets(MaxResults=100)["SecretList"]}:
        manager.create_secret(Name=SECRET, SecretString=CLIENT_SECRET)
    manager.put_secret_value(SecretId=SECRET, SecretString=CLIENT_SECRET)
    layer("keys.secret").clear_named_secrets()
    with settings(
        google_client_id=CLIENT_ID,
        google_client_secret_name=SECRET,
        google_authorize_url=f"{provider.url}/authorize",
        google_token_url=f"{provider.url}/token",
        google_jwks_url=f"{provider.url}/jwks",
        google_issuer=provider.url,
    ):
        yield
