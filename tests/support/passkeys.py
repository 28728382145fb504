"""Calls of the passkey endpoints."""

from dataclasses import dataclass
from typing import Any

from tests.support.authenticator import ORIGIN, Authenticator, Json
from tests.support.calls import Api, Response
from tests.support.people import Person

BASE = "/api/auth/passkey"
REGISTER_OPTIONS, REGISTER = f"GET {BASE}/generate-register-options", f"POST {BASE}/verify-registration"
SIGN_IN_OPTIONS, SIGN_IN = f"GET {BASE}/generate-authenticate-options", f"POST {BASE}/verify-authentication"
LIST, DELETE, UPDATE = f"GET {BASE}/list-user-passkeys", f"POST {BASE}/delete-passkey", f"POST {BASE}/update-passkey"
RELATED = "GET /.well-known/webauthn"
COOKIE = "__Secure-better-auth.better-auth-passkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkeys:
    """Adds passkeys and signs in with them, as bearer clients do, which keep no cookies."""

    call: Api

    def register_options(self, person: Person, **sent: Any) -> Json:
        """Return creation options."""
        response = self.call(REGISTER_OPTIONS, bearer=person.token, **sent)
        assert response.status == 200, response.text
        options: Json = response.json
        return options

    def register(self, person: Person, authenticator: Authenticator, **more: Any) -> Response:
        """Add a passkey."""
        sent = authenticator.register(self.register_options(person))
        return self.call(REGISTER, bearer=person.token, json={"response": sent, **more})

    def added(self, person: Person, **authenticator: Any) -> Authenticator:
        """Add a passkey and return its authenticator."""
        made = Authenticator(**authenticator)
        response = self.register(person, made)
        assert response.status == 200, response.text
        return made

    def options(self, **sent: Any) -> Json:
        """Return request options."""
        options: Json = self.call(SIGN_IN_OPTIONS, **sent).json
        return options

    def sign_in(self, authenticator: Authenticator, **sent: Any) -> Response:
        """Sign in with a passkey."""
        return self.call(SIGN_IN, json={"response": authenticator.authenticate(self.options())}, **sent)

    def list(self, person: Person) -> list[Json]:
        """Return a user's passkeys."""
        found: list[Json] = self.call(LIST, bearer=person.token).json
        return found


def as_browser(cookie: str) -> Json:
    """Return what a browser sends along with a POST of one of our pages."""
    return {"cookies": [cookie], "headers": {"origin": ORIGIN}}


def cookie_of(response: Response) -> str:
    """Return the cookie of a challenge as a browser sends it."""
    (cookie,) = [cookie for cookie in response.cookies if cookie.startswith(COOKIE)]
    return cookie.partition(";")[0]
