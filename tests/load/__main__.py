"""Fifty concurrent users do the main job against one service, whose DynamoDB refuses two calls in a hundred: no 500, no
mail lost or sent twice, no payload to the wrong user. What is answered 503 is sent again when `Retry-After` says.
"""

import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

from tests.support.service import Service, running_service

USERS = 50
FAULTS = os.environ.get("FAULTS", "0.02")
_ATTEMPTS = 10
PASSWORD = "correct horse battery"
_TIMEOUT = 60  # seconds for a mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A request and its duration."""

    name: str
    seconds: float


class User:
    """A user who does the main job from sign-up to sign-out."""

    def __init__(self, service: Service, number: int) -> None:
        self.service = service
        self.email = f"user-{number}@example.com"
        self.steps: list[Step] = []
        self.unavailable = 0

    def run(self) -> list[Step]:
        """Sign up, verify, sign in, work, sign out; AssertionError at the first unexpected response."""
        payload = {"email": self.email, "password": PASSWORD, "name": self.email}
        assert self._request("sign-up", "POST", "/api/auth/sign-up/email", payload)["token"] is None
        user = self._request("verify", "POST", "/api/auth/verify-email", {"token": self._mailed_token()})["user"]
        assert user["email"] == self.email, "a mail of another user"
        token = self._request(
            "sign-in", "POST", "/api/auth/sign-in/email", {"email": self.email, "password": PASSWORD}
        )["token"]
        for number in range(3):
            self._work(token, f"{self.email} {number}")
        assert self._request("list", "GET", "/api/tasks", token=token)["tasks"] == []
        self._request("sign-out", "POST", "/api/auth/sign-out", {}, token=token)
        self._request("after sign-out", "GET", "/api/tasks", token=token, status=401)
        assert len(self._mails()) == 1, "a mail was sent twice"
        return self.steps

    def _work(self, token: str, title: str) -> None:
        created = self._request("create", "POST", "/api/tasks", {"title": title}, token=token, status=201)
        path = f"/api/tasks/{created['id']}"
        assert [task["title"] for task in self._request("list", "GET", "/api/tasks", token=token)["tasks"]] == [title]
        assert self._request("complete", "PATCH", f"{path}/complete", {"completed": True}, token=token)["completed"]
        assert self._request("read", "GET", path, token=token)["title"] == title
        self._request("delete", "DELETE", path, token=token, status=204)

    def _mailed_token(self) -> str:
        started = time.perf_counter()
        while time.perf_counter() - started < _TIMEOUT:
            if mails := self._mails():
                self.steps.append(Step(name="mail delivered", seconds=time.perf_counter() - started))
                assert len(mails) == 1, "more than one mail"
                return str(re.findall(r"token=([\w-]+)", mails[0]["text"])[0])
            time.sleep(0.1)
        raise AssertionError(f"no mail for {self.email}")

    def _mails(self) -> list[dict[str, str]]:
        mails: list[dict[str, str]] = self._request("mailbox", "GET", f"/dev/mailbox.json?to={quote(self.email)}")
        return mails

    def _request(  # noqa: PLR0917 -- a request has this many parts
        self, name: str, method: str, path: str, payload: Any = None, token: str | None = None, status: int = 200
    ) -> Any:
        body = None if payload is None else json.dumps(payload).encode()
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(self.service.url + path, body, headers, method=method)  # noqa: S310 -- ours
        started = time.perf_counter()
        for _ in range(_ATTEMPTS):
            try:
                with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 -- ours
                    received, text = response.status, response.read()
            except urllib.error.HTTPError as error:
                received, text = error.code, error.read()
                if received == HTTPStatus.SERVICE_UNAVAILABLE:
                    self.unavailable += 1
                    time.sleep(float(error.headers["retry-after"]))
                    continue
            break
        self.steps.append(Step(name=name, seconds=time.perf_counter() - started))
        assert received == status, f"{name}: {received} instead of {status}: {text.decode()}"
        return json.loads(text) if text else None


def main() -> int:
    """Run all users, report, and return 1 if any failed."""
    with running_service(faults=FAULTS) as service, ThreadPoolExecutor(USERS) as pool:
        started = time.perf_counter()
        users = [User(service, number) for number in range(USERS)]
        futures = [pool.submit(user.run) for user in users]
        failures = [str(error) for future in futures if (error := future.exception())]
        seconds = time.perf_counter() - started
    steps = [step for future in futures if not future.exception() for step in future.result()]
    _report(steps)
    repeated = sum(user.unavailable for user in users)
    print(f"{USERS} users, {len(steps)} requests, {seconds:.1f} s, {repeated} times 503, {len(failures)} failures")
    for failure in failures:
        print(f"  {failure}")
    return 1 if failures else 0


def _report(steps: list[Step]) -> None:
    for name in dict.fromkeys(step.name for step in steps):
        times = [1000 * step.seconds for step in steps if step.name == name]
        p95 = quantiles(times, n=20)[-1]
        print(f"{name:16} {len(times):5} times   median {median(times):7.0f} ms   p95 {p95:7.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
