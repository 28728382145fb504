"""Fifty people do the main job at once against a service of their own: no error, no mail lost, none crossed."""

import json
import re
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

from tests.support.service import Service, running_service

PEOPLE = 50
PASSWORD = "correct horse battery"
_PATIENCE = 60  # seconds for a mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request and how long it took."""

    name: str
    seconds: float


class Person:
    """Somebody who does the main job from end to end."""

    def __init__(self, service: Service, number: int) -> None:
        self.service = service
        self.email = f"person-{number}@example.com"
        self.steps: list[Step] = []

    def live(self) -> list[Step]:
        """Sign up, verify, sign in, work, sign out; AssertionError as soon as an answer is not as it must be."""
        sent = {"email": self.email, "password": PASSWORD, "name": self.email}
        assert self._ask("sign-up", "POST", "/api/auth/sign-up/email", sent)["token"] is None
        user = self._ask("verify", "POST", "/api/auth/verify-email", {"token": self._mailed_token()})["user"]
        assert user["email"] == self.email, "a crossed mail"
        token = self._ask("sign-in", "POST", "/api/auth/sign-in/email", {"email": self.email, "password": PASSWORD})[
            "token"
        ]
        for number in range(3):
            self._work(token, f"{self.email} {number}")
        assert self._ask("list", "GET", "/api/tasks", token=token)["tasks"] == []
        self._ask("sign-out", "POST", "/api/auth/sign-out", {}, token=token)
        self._ask("after sign-out", "GET", "/api/tasks", token=token, status=401)
        return self.steps

    def _work(self, token: str, title: str) -> None:
        path = (
            f"/api/tasks/{self._ask('create', 'POST', '/api/tasks', {'title': title}, token=token, status=201)['id']}"
        )
        assert [task["title"] for task in self._ask("list", "GET", "/api/tasks", token=token)["tasks"]] == [title]
        assert self._ask("complete", "PATCH", f"{path}/complete", {"completed": True}, token=token)["completed"]
        assert self._ask("read", "GET", path, token=token)["title"] == title
        self._ask("delete", "DELETE", path, token=token, status=204)

    def _mailed_token(self) -> str:
        begun = time.perf_counter()
        while time.perf_counter() - begun < _PATIENCE:
            mails = self._ask("mailbox", "GET", f"/dev/mailbox.json?to={quote(self.email)}")
            if mails:
                self.steps.append(Step(name="mail arrives", seconds=time.perf_counter() - begun))
                assert len(mails) == 1, "more than one mail"
                return str(re.findall(r"token=([\w-]+)", mails[0]["text"])[0])
            time.sleep(0.1)
        raise AssertionError(f"no mail for {self.email}")

    def _ask(  # noqa: PLR0917 -- a request has this many parts
        self, name: str, method: str, path: str, sent: Any = None, token: str | None = None, status: int = 200
    ) -> Any:
        body = None if sent is None else json.dumps(sent).encode()
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(self.service.url + path, body, headers, method=method)  # noqa: S310 -- ours
        begun = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 -- ours
                got, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            got, text = error.code, error.read()
        self.steps.append(Step(name=name, seconds=time.perf_counter() - begun))
        assert got == status, f"{name}: {got} instead of {status}: {text.decode()}"
        return json.loads(text) if text else None


def main() -> int:
    """Run them all and say how it went; 1 when anybody met an error."""
    with running_service() as service, ThreadPoolExecutor(PEOPLE) as crowd:
        begun = time.perf_counter()
        lives = [crowd.submit(Person(service, number).live) for number in range(PEOPLE)]
        failures = [str(error) for life in lives if (error := life.exception())]
        seconds = time.perf_counter() - begun
    steps = [step for life in lives if not life.exception() for step in life.result()]
    _report(steps)
    print(f"{PEOPLE} people, {len(steps)} requests, {seconds:.1f} s, {len(failures)} failures")
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
