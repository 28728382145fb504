"""People of a deployment, and what they may show."""

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
    """Somebody signed in; `cookie` is a `Cookie` header."""

    id: str
    email: str
    token: str
    cookie: str
    jwt: str

    @property
    def by_token(self) -> dict[str, str]:
        """The headers of a request with the session's token."""
        return bearer(self.token)

    @property
    def by_jwt(self) -> dict[str, str]:
        """The headers of a request with the JWT."""
        return bearer(self.jwt)

    @property
    def by_cookie(self) -> dict[str, str]:
        """The headers of a browser's request, which brings its other cookies along."""
        return {"cookie": f"theme=dark; {self.cookie}; tracker=1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The product, and the way in for its operator."""

    url: str
    cloud_url: str
    client: httpx2.Client

    def signs_up(self, email: str) -> Caller:
        """A new user, and all that their sign-up gave them."""
        sent = {"email": email, "password": PASSWORD, "name": "Ann"}
        answer = self.client.post("/api/auth/sign-up/email", json=sent)
        assert answer.status_code == 200, answer.text
        cookie, token = answer.cookies[COOKIE], answer.json()["token"]
        self.client.cookies.clear()
        return Caller(
            id=answer.json()["user"]["id"], email=email, token=token, cookie=f"{COOKIE}={cookie}", jwt=self.jwt(token)
        )

    def jwt(self, token: str) -> str:
        """A new JWT for a session."""
        answer = self.client.get("/api/auth/token", headers=bearer(token))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def ends(self, caller: Caller) -> None:
        """Their session, by signing out."""
        assert self.client.post("/api/auth/sign-out", json={}, headers=caller.by_token).status_code == 200
        self.client.cookies.clear()

    def rotates(self) -> None:
        """A new key, as the operator makes one."""
        subprocess.run(
            [sys.executable, "-m", "gatehouse_dev.admin", "--local", "rotate", "--yes"],
            env=os.environ | {"AWS_ENDPOINT_URL": self.cloud_url, "PYTHONPATH": str(ROOT / "devtools")},
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=60,
        )


def bearer(token: str) -> dict[str, str]:
    """The headers of a request with a token."""
    return {"authorization": f"Bearer {token}"}
