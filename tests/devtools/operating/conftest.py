"""Fixtures: the operator's tools against one cloud with the project's template, not with a small project."""

import getpass
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import argon2
import pytest

from gatehouse_dev.admin import targets
from gatehouse_dev.cli import main
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.aws_calls import RECORDER
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import People, Person

LOCAL = f"local:{getpass.getuser()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The output and exit code of a tool."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> str:
        """The last line of the output."""
        return self.out.splitlines()[-1]


class Terminal(io.StringIO):
    """A terminal whose user types these lines."""

    def isatty(self) -> bool:
        """It is interactive."""
        return True

    def readline(self, *_: object) -> str:  # type: ignore[override] # typed as bytes, but text
        """Return the next line; `^C` raises KeyboardInterrupt."""
        line = super().readline()
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


type Tool = Callable[..., ToolResult]


@pytest.fixture(scope="package")
def running_cloud(template: Template) -> Iterator[Cloud]:
    """A cloud with the project's template."""
    with Cloud(template) as cloud, RECORDER.recording():
        yield cloud


@pytest.fixture(scope="package")
def api(running_cloud: Cloud) -> Iterator[Api]:
    """The project's functions in this cloud, with cheap hashing. Cached clients of another cloud are discarded."""
    api = Api(running_cloud.template)
    layer("accounts.passwords")._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    audit, secret = layer("audit"), layer("keys.secret")
    for cached in (audit._client, audit._stream, secret.client):
        cached.cache_clear()
    audit._client()  # created here, before the tool sets another endpoint
    secret.client()
    yield api
    audit._stream.cache_clear()


@pytest.fixture
def cloud(running_cloud: Cloud) -> Cloud:
    """The cloud with empty tables and no mail."""
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def tool(call: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Run the tool: `tool("users disable", "ann@example.com", confirmation="yes")`. By default there is no terminal."""
    monkeypatch.setattr(targets, "load", lambda **_: call.template)  # loading is slow
    monkeypatch.setattr(targets, "local_parameters", lambda _environ, _port: {})

    def run(
        command: str, *arguments: str, target: tuple[str, ...] = ("--local",), confirmation: str | None = None
    ) -> ToolResult:
        monkeypatch.setattr(
            sys, "stdin", io.StringIO("yes\n") if confirmation is None else Terminal(f"{confirmation}\n")
        )
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([*command.split(), *arguments, *target])
        printed = capsys.readouterr()
        return ToolResult(code=int(stop.value.code or 0), out=printed.out, err=printed.err)

    return run


@pytest.fixture
def ann(people: People) -> Person:
    return people.signed_in("ann")
