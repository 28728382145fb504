"""Users of a deployment, and their credentials."""

import os
import subprocess
import sys
from dataclasses import dataclass

import httpx2

from tests.support.service import ROOT

PASSWORD = "correct horse battery"
COOKIE = "better-auth.session_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A signed-in user; `cookie` is a `Cookie` header."""

    id: str
    email: str
    token: str
    cookie: str
    jwt: str

    @property
    def by_token(self) -> dict[str, str]:
        """Return the headers of a request with the session's token."""
        return bearer(self.token)

    @property
    def by_jwt(self) -> dict[str, str]:
        """Return the headers of a request with the JWT."""
        return bearer(self.jwt)

    @property
    def by_cookie(self) -> dict[str, str]:
        """Return the headers of a browser's request, with unrelated cookies."""
        return {"cookie": f"theme=dark; {self.cookie}; tracker=1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The product, with access for its operator."""

    url: str
    cloud_url: str
    client: httpx2.Client

    def sign_up(self, email: str) -> Caller:
        """Sign up a new user, and return them with their credentials."""
        sent = {"email": email, "password": PASSWORD, "name": "Ann"}
        response = self.client.post("/api/auth/sign-up/email", json=sent)
        assert response.status_code == 200, response.text
        cookie, token = response.cookies[COOKIE], response.json()["token"]
        self.client.cookies.clear()
        return Caller(
            id=response.json()["user"]["id"], email=email, token=token, cookie=f"{COOKIE}={cookie}", jwt=self.jwt(token)
        )

    def jwt(self, token: str) -> str:
        """Return a new JWT for a session."""
        response = self.client.get("/api/auth/token", headers=bearer(token))
        assert response.status_code == 200, response.text
        return str(response.json()["token"])

    def sign_out(self, caller: Caller) -> None:
        """End the user's session."""
        assert self.client.post("/api/auth/sign-out", json={}, headers=caller.by_token).status_code == 200
        self.client.cookies.clear()

    def rotate_key(self) -> None:
        """Rotate the signing key, as an operator does."""
        subprocess.run(
            [sys.executable, "-m", "gatehouse_dev", "keys", "rotate", "--local", "--yes"],
            env=os.environ | {"AWS_ENDPOINT_URL": self.cloud_url, "PYTHONPATH": str(ROOT / "devtools")},
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=60,
        )


def bearer(token: str) -> dict[str, str]:
    """Return the headers of a request with a token."""
    return {"authorization": f"Bearer {token}"}
