"""The same requests for Gatehouse, with an access token, and for the peers, with their cookie."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.performance.lambda_process import Responder, Subject
from tests.performance.peers import packed
from tests.performance.requests import TASK, BenchRequest, Broken
from tests.support.people import PASSWORD
from tests.support.scripted_service import Request, http_message

GATEHOUSE, PYTHON = "Gatehouse", "better-auth-server, Mangum"
NODE, STORED = "better-auth, Node", "better-auth, Node, DynamoDB"
PEERS = NODE, STORED, PYTHON
_SECRET = "a secret of no worth, for measuring only"
_TOKEN = "t" * 32
_COOKIE = "__Secure-better-auth.session_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithBody(BenchRequest):
    """A request whose response must contain a text: the peers respond with 200 also without a session."""

    expected_text: str

    def check(self, response: bytes) -> None:
        """Raise Broken unless status and text are as expected."""
        BenchRequest.check(self, response)
        if self.expected_text not in json.loads(response)["body"]:
            raise Broken(f"{self.expected_text} was expected in {response.decode()}")


def peer_subjects(ours: Sequence[Subject]) -> dict[tuple[str, str], Subject]:
    """Return the subjects by function and product. `ours` begins with the sign-in."""
    email = str(json.loads(json.loads(ours[0].event)["body"])["email"])
    node, python = packed.node(), packed.python()
    return {(one.function.name, product): it for one in ours for product, it in _products(one, email, node, python)}


def _products(ours: Subject, email: str, node: Path, python: Path) -> Iterator[tuple[str, Subject]]:
    request = RequestWithBody(
        request=ours.request.request,
        status=ours.request.status,
        expected_text=str(TASK["title"]) if ours.function.name == "CreateTask" else email,
    )
    environment = {
        "BETTER_AUTH_SECRET": _SECRET,
        "NODE_ENV": "production",
        "PEER_EMAIL": email,
        "PEER_HASH": _hash(PASSWORD),
        "PEER_TOKEN": _TOKEN,
    }
    peer = replace(ours, request=request, event=_event(ours.event))
    yield GATEHOUSE, replace(ours, request=request)
    stored = _table(_rows(environment))
    for product, command, folder, opt, handler, respond in (
        (NODE, packed.runtime(), node / "memory", node, "memory.handler", _no_cloud),
        (STORED, packed.runtime(), node / "dynamodb", node, "dynamodb.handler", stored),
        (PYTHON, ours.command, python / "task", python / "opt", "handler.handler", _no_cloud),
    ):
        name = f"{product}: {ours.function.name}"
        function = replace(ours.function, name=name, folder=folder, handler=handler, environment=environment)
        yield product, replace(peer, function=function, command=command, opt=opt, cloud=partial(_same, respond))


def _same(respond: Responder) -> Responder:
    return respond


def _event(ours: bytes) -> bytes:
    event = json.loads(ours)
    if event["headers"].pop("authorization", None):
        signature = base64.b64encode(hmac.digest(_SECRET.encode(), _TOKEN.encode(), "sha256")).decode()
        event["cookies"] = [f"{_COOKIE}={quote(f'{_TOKEN}.{signature}', safe='')}"]
    return json.dumps(event).encode()


def _hash(password: str) -> str:
    """Return a hash in better-auth's format."""
    salt, cost, blocks = "0123456789abcdef" * 2, 16384, 16
    memory = 256 * cost * blocks
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=cost, r=blocks, p=1, dklen=64, maxmem=memory)
    return f"{salt}:{key.hex()}"


def _no_cloud(_: Request) -> bytes:
    raise Broken("the peer must not call AWS")


def _rows(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the row of each table of the peer with tables, in DynamoDB's format."""
    now = datetime.now(UTC)
    made = {"createdAt": now.isoformat(), "updatedAt": now.isoformat()}
    rows: dict[str, dict[str, Any]] = {
        "user": {"id": "ann", "name": "Ann", "email": environment["PEER_EMAIL"], "emailVerified": True},
        "account": {"id": "1", "accountId": "ann", "providerId": "credential", "password": environment["PEER_HASH"]},
        "session": {"id": "1", "token": _TOKEN, "expiresAt": (now + timedelta(days=7)).isoformat()},
    }
    whole = {name: made | row | ({} if name == "user" else {"userId": "ann"}) for name, row in rows.items()}
    return {
        name: {key: {"BOOL" if value is True else "S": value} for key, value in row.items()}
        for name, row in whole.items()
    }


def _table(rows: Mapping[str, dict[str, Any]]) -> Responder:
    def respond(request: Request) -> bytes:
        is_query = str(request.headers["x-amz-target"]).endswith(".Query")
        response = {"Items": [rows[json.loads(request.body)["TableName"]]], "Count": 1} if is_query else {}
        return http_message(200, {"content-type": "application/x-amz-json-1.0"}, json.dumps(response).encode())

    return respond
