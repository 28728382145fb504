"""Calls routes through the deployed API Gateway, with the arguments of `tests.support.calls.Api`."""

import json
import re
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode

from tests.deployed.stage import LocalStage, wait_until
from tests.support.calls import Response
from tests.support.mailbox import Mail
from tests.support.people import PASSWORD, Person

ORIGIN = {"origin": "https://app.example.com"}
_FAILED = 500


@dataclass(frozen=True, slots=True)
class DeployedApi:
    """The API of a stage. A response that says that something failed is an AssertionError."""

    stage: LocalStage

    def __call__(self, route: str, **request: Any) -> Response:
        """Call a route by its key: `call("PATCH /api/tasks/{task_id}", task_id=…, json={…}, bearer=…)`."""
        response = self.send(route, **request)
        assert response.status < _FAILED, f"{route}: {response.status} {response.text}"
        return response

    def send(
        self,
        route: str,
        *,
        json: Any = None,
        bearer: str | None = None,
        cookies: list[str] | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **path: str,
    ) -> Response:
        """Call a route, whatever the response is."""
        method, template = route.split(" ")
        target = re.sub(r"\{(\w+)\}", lambda name: quote(path[name[1]], safe=""), template)
        sent = {"host": f"{self.stage.resources['Api']}.execute-api.localhost:{self.stage.port}", **(headers or {})}
        if bearer:
            sent["authorization"] = f"Bearer {bearer}"
        if cookies:
            sent = {"cookie": "; ".join(cookies)} | ({} if "expo-origin" in sent else ORIGIN) | sent
        connection = HTTPConnection("127.0.0.1", self.stage.port, timeout=60)
        try:
            connection.request(method, f"{target}?{urlencode(query)}" if query else target, *_body(json, sent))
            return _response(connection.getresponse())
        finally:
            connection.close()


def _body(content: Any, headers: dict[str, str]) -> tuple[bytes | None, dict[str, str]]:
    if content is None:
        return None, headers
    return json.dumps(content).encode(), {"content-type": "application/json"} | headers


def _response(response: HTTPResponse) -> Response:
    return Response(
        status=response.status,
        headers={name.lower(): value for name, value in response.getheaders()},
        cookies=response.msg.get_all("set-cookie") or [],
        text=response.read().decode(errors="replace"),
    )


@dataclass(frozen=True, slots=True)
class DeployedMailbox:
    """The mails that the stage sent."""

    stage: LocalStage

    def to(self, address: str) -> list[Mail]:
        """Return the mails to an address, oldest first."""
        mails = [mail for mail in self.stage.mails() if address in mail["To"]]
        return [
            Mail(to=address, subject=mail["Subject"], text=mail["BodyText"], html=mail["BodyHtml"], headers={})
            for mail in sorted(mails, key=lambda mail: mail["Timestamp"])
        ]

    def nth(self, address: str, number: int) -> Mail:
        """Wait for a mail to an address; 1 is the first."""
        mails = wait_until(
            lambda: found if len(found := self.to(address)) >= number else [], f"mail {number} came to {address}"
        )
        return mails[number - 1]


@dataclass(frozen=True, slots=True)
class DeployedPeople:
    """Users, who do all by the API."""

    call: DeployedApi
    mailbox: DeployedMailbox

    def sign_up(self, email: str) -> Response:
        """Sign up."""
        body = {"email": email, "password": PASSWORD, "name": "Ann"}
        response = self.call("POST /api/auth/sign-up/email", json=body)
        assert response.status == 200, response.text
        return response

    def verified(self, email: str) -> str:
        """Sign up, and verify the address if the stage requires it."""
        if self.sign_up(email).json["token"]:
            return email
        token = self.mailbox.nth(email, 1).token
        assert self.call("POST /api/auth/verify-email", json={"token": token}).status == 200
        return email

    def proven(self, email: str) -> Person:
        """Sign up, verify in the same browser, which proves the password, and sign in."""
        cookies = [line.partition(";")[0] for line in self.sign_up(email).cookies if "sign_up" in line]
        redeemed = {"json": {"token": self.mailbox.nth(email, 1).token}, "cookies": cookies}
        assert self.call("POST /api/auth/verify-email", **redeemed).status == 200
        return self.sign_in(email)

    def sign_in(self, email: str, password: str = PASSWORD) -> Person:
        """Sign in."""
        response = self.call("POST /api/auth/sign-in/email", json={"email": email, "password": password})
        assert response.status == 200, response.text
        (cookie,) = [one.partition(";")[0] for one in response.cookies if "session_token" in one]
        return Person(id=response.json["user"]["id"], email=email, token=response.json["token"], cookie=cookie)

    def signed_in(self, email: str) -> Person:
        """Sign up, verify, and sign in."""
        return self.sign_in(self.verified(email))
