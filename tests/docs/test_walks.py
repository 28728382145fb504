"""docs/architecture.md shows three requests, with the modules that each passes in order."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.support.auth_calls import sign_up, verify
from tests.support.calls import Api
from tests.support.layout import FUNCTIONS, LAYER, ROOT
from tests.support.mailbox import Mailbox
from tests.support.people import People

SHARED = LAYER / "gatehouse"
TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
WALK = re.compile(r"^[^\n]* through `(?P<route>[A-Z]+ \S+)`:\n\n```text\n(?P<lines>.*?)```", re.MULTILINE | re.DOTALL)
LEFT_OUT = re.compile(r".*\.table|(errors|transport)\..*|[^.]*")  # tables, and what all subjects share


def documented(route: str) -> list[str]:
    """Return the modules of a walk in the document."""
    walks = {walk["route"]: walk["lines"] for walk in WALK.finditer(TEXT)}
    return [line.split()[0] for line in walks[route].splitlines()]


def passed(request: Callable[[], object]) -> list[str]:
    """Return the modules whose functions a request calls, in the order of the first calls."""
    modules: dict[str, None] = {}

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            modules[module_of(frame.f_code.co_filename)] = None

    sys.setprofile(note)
    try:
        request()
    finally:
        sys.setprofile(None)
    return [name for name in modules if not LEFT_OUT.fullmatch(name)]


def module_of(filename: str) -> str:
    """Return the module of a file: `accounts.flows`, `functions.auth.sign_in`; nothing for packages' files."""
    path = Path(filename)
    if path.is_relative_to(FUNCTIONS):
        path = path.parent
        return ".".join(path.relative_to(ROOT).parts)
    return ".".join(path.relative_to(SHARED).with_suffix("").parts) if path.is_relative_to(SHARED) else ""


@pytest.mark.parametrize("route", ["GET /api/auth/get-session", "POST /api/auth/verify-email", "POST /api/tasks"])
def test_a_request_passes_the_modules_of_the_document(call: Api, people: People, mailbox: Mailbox, route: str) -> None:
    ann = people.signed_in()
    for email in ("bob@example.com", "cat@example.com"):
        sign_up(call, email)
    first, second = (mailbox.to(email)[-1].token for email in ("bob@example.com", "cat@example.com"))
    requests: dict[str, list[Callable[[], object]]] = {
        "GET /api/auth/get-session": [lambda: call(route, cookies=[ann.cookie])] * 2,
        "POST /api/auth/verify-email": [lambda: verify(call, first), lambda: verify(call, second)],
        "POST /api/tasks": [lambda: call(route, bearer=ann.token, json={"title": "x"})] * 2,
    }
    prepare, request = requests[route]
    prepare()  # what only a first request does is left out

    assert passed(request) == documented(route)
