"""New passwords are looked up among those from breaches, where a service for that is set; it is never relied on."""

import ast
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.layout import LAYER
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People

BREACHED = "horse battery of yore"
DIGEST = sha1(BREACHED.encode(), usedforsecurity=False).hexdigest().upper()
MESSAGE = "The password you entered has been compromised. Please choose a different password."
PADDING = "0018A45C4D1DEF81644B54AB7F969B88D65:0"


@dataclass
class RangeServer:
    """A service that knows one password, and what it was asked."""

    url: str = ""
    status: int = 200
    delay: float = 0.0
    lines: list[str] = field(default_factory=lambda: [PADDING, f"{DIGEST[5:]}:3", "F" * 35 + ":12"])
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def range_server(call: Api, settings: Callable[..., None]) -> Iterator[RangeServer]:
    """The service, set as the one to ask."""
    assert call
    state = RangeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            time.sleep(state.delay)
            self.send_response(state.status)
            self.end_headers()
            self.wfile.write("\r\n".join(state.lines).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/range"
    settings(breached_passwords_url=state.url)
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _patience(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine may be busy."""
    assert call
    monkeypatch.setattr(layer("accounts.breached_passwords"), "_SECONDS", 60.0)


def test_a_breached_password_is_refused_wherever_one_is_set(
    call: Api, people: People, mailbox: Mailbox, range_server: RangeServer
) -> None:
    ann = people.signed_in("ann")
    token = request_reset(call, mailbox, ann.email)
    change = {"currentPassword": PASSWORD, "newPassword": BREACHED}

    responses = [
        sign_up(call, "bob@example.com", BREACHED),
        call("POST /api/auth/change-password", json=change, bearer=ann.token),
        reset_password(call, token, BREACHED),
    ]

    assert [(one.status, one.code, one.json["message"]) for one in responses] == [
        (400, "PASSWORD_COMPROMISED", MESSAGE)
    ] * 3
    assert len(range_server.requests) == 3
    assert sign_in(call, ann.email).status == 200
    assert reset_password(call, token, "a better password").status == 200


def test_the_service_learns_five_digits_and_an_answer_has_no_telling_size(call: Api, range_server: RangeServer) -> None:
    sign_up(call, "bob@example.com", BREACHED)

    ((path, headers),) = range_server.requests
    assert path == f"/range/{DIGEST[:5]}"
    assert headers["add-padding"] == "true"
    assert not {"cookie", "authorization"} & headers.keys()


def test_padding_is_no_breach(call: Api, range_server: RangeServer) -> None:
    range_server.lines = [PADDING, f"{DIGEST[5:]}:0", "", "garbage"]

    assert sign_up(call, "bob@example.com", BREACHED).status == 200
    assert len(range_server.requests) == 1


def test_other_passwords_and_weak_ones_are_answered_as_ever(call: Api, range_server: RangeServer) -> None:
    assert sign_up(call, "bob@example.com", PASSWORD).status == 200
    assert sign_up(call, "bob@example.com", "password1").code == "WEAK_PASSWORD"
    assert len(range_server.requests) == 1


def test_nobody_is_asked_unless_that_is_set(
    call: Api, range_server: RangeServer, settings: Callable[..., None]
) -> None:
    settings(breached_passwords_url="")

    assert sign_up(call, "bob@example.com", BREACHED).status == 200
    assert range_server.requests == []


def test_signing_in_asks_nobody(call: Api, people: People, range_server: RangeServer) -> None:
    """Who has such a password from before is not locked out, nor does each sign-in tell five digits."""
    email = people.verified(password=BREACHED)

    assert sign_in(call, email, BREACHED).status == 200
    assert range_server.requests == []


@pytest.mark.parametrize("status", [429, 503, 302, 204, 0])
def test_without_an_answer_the_password_is_accepted_and_that_is_logged(
    call: Api, range_server: RangeServer, caplog: pytest.LogCaptureFixture, settings: Callable[..., None], status: int
) -> None:
    range_server.status = status
    if not status:
        settings(breached_passwords_url="http://127.0.0.1:9/range")

    assert sign_up(call, "bob@example.com", BREACHED).status == 200

    logged = [vars(line) for line in caplog.records if line.levelname == "WARNING"]
    assert [line["message"] for line in logged] == ["breached passwords not asked"]
    assert logged[0]["cause"]
    assert DIGEST[:5] not in repr(logged)


def test_it_is_waited_for_a_second_in_all(
    call: Api, range_server: RangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gatehouse.accounts import breached_passwords  # noqa: PLC0415 -- the layer reads the environment when imported

    tree = ast.parse((LAYER / "gatehouse/accounts/breached_passwords.py").read_text(encoding="utf-8"))
    named = {ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign)}
    assert "_SECONDS = 1.0" in named
    range_server.delay = 5.0
    monkeypatch.setattr(breached_passwords, "_SECONDS", 0.2)

    assert sign_up(call, "bob@example.com", BREACHED).status == 200


def test_every_flow_that_sets_a_password_asks() -> None:
    """Only who signs in is hashed anew without asking."""
    hashing = {
        (path.name, function.name)
        for path in (LAYER / "gatehouse").rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "hash_password"
    }

    assert hashing == {("flows.py", "_rehash"), ("passwords.py", "hash_new_password")}
