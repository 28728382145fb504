"""What operators use, at work in one cloud with the whole product: those around these tests bring small clouds."""

import getpass
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import argon2
import pytest

from gatehouse_dev.admin import targets
from gatehouse_dev.admin.__main__ import main
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.aws_calls import RECORDER
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import People, Person

LOCAL = f"local:{getpass.getuser()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a tool said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> str:
        """The last line."""
        return self.out.splitlines()[-1]


class Terminal(io.StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        """They are there."""
        return True

    def readline(self, *_: object) -> str:  # type: ignore[override] # io says bytes, and means text
        """What they type, which may be Ctrl-C."""
        line = super().readline()
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


type Tool = Callable[..., Told]


@pytest.fixture(scope="package")
def running_cloud(template: Template) -> Iterator[Cloud]:
    """The product's cloud."""
    with Cloud(template) as cloud, RECORDER.recording():
        yield cloud


@pytest.fixture(scope="package")
def api(running_cloud: Cloud) -> Iterator[Api]:
    """The product's functions in it, hashing cheaply. The stream of the audit trail is of one cloud alone."""
    api = Api(running_cloud.template)
    layer("accounts.passwords")._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    audit, secret = layer("audit"), layer("keys.secret")
    for made in (audit._client, audit._stream, secret.client):
        made.cache_clear()
    audit._client()  # here, and not where the tool says that AWS is elsewhere
    secret.client()
    yield api
    audit._stream.cache_clear()


@pytest.fixture
def cloud(running_cloud: Cloud) -> Cloud:
    """Empty tables and no mail."""
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def tool(call: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Run it: `tool("disable", "ann@example.com", answer="yes")`; without an answer nobody is there."""
    monkeypatch.setattr(targets, "load", lambda **_: call.template)  # reading it takes long
    monkeypatch.setattr(targets, "local_parameters", lambda _environ, _port: {})

    def run(*arguments: str, place: tuple[str, ...] = ("--local",), response: str | None = None) -> Told:
        monkeypatch.setattr(sys, "stdin", io.StringIO() if response is None else Terminal(f"{response}\n"))
        capsys.readouterr()
        code = main([*place, *arguments])
        said = capsys.readouterr()
        return Told(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def ann(people: People) -> Person:
    return people.signed_in("ann")


def trail(cloud: Cloud, user_id: str) -> list[tuple[str, str]]:
    """What the audit trail has of a user: event and actor of each line."""
    found = cloud.client("logs").filter_log_events(logGroupName="AuditLogs")["events"]
    lines = [json.loads(event["message"]) for event in found]
    subject = layer("audit").pseudonym(user_id)
    return [(line["event"], line["actor"]) for line in lines if line["subject"] == subject]
