"""Fixtures: small projects with a template and handlers, and a cloud for them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.server import Server
from gatehouse_dev.template import Template, load
from tests.support import second_dynamodb

ROOT = Path(__file__).parents[2]

type Project = Callable[..., Path]

SMALL = """
    Parameters:
      MailFrom: { Type: String, Default: no-reply@gatehouse.test }
    Resources:
      NotesTable:
        Type: AWS::DynamoDB::Table
        Properties:
          BillingMode: PAY_PER_REQUEST
          KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
          AttributeDefinitions:
            - { AttributeName: pk, AttributeType: S }
            - { AttributeName: sk, AttributeType: S }
            - { AttributeName: due, AttributeType: S }
          LocalSecondaryIndexes:
            - IndexName: by_due
              KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: due, KeyType: RANGE }]
              Projection: { ProjectionType: ALL }
          GlobalSecondaryIndexes:
            - IndexName: by_sk
              KeySchema: [{ AttributeName: sk, KeyType: HASH }]
              Projection: { ProjectionType: KEYS_ONLY }
          TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
          StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      Secret:
        Type: AWS::SecretsManager::Secret
        Properties:
          GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true }
      MailIdentity:
        Type: AWS::SES::EmailIdentity
        Properties: { EmailIdentity: !Select [1, !Split ["@", !Ref MailFrom]] }
      Read:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: functions/read
          Handler: handler.handler
          Environment: { Variables: { NOTES: !Ref NotesTable, SECRET: !Ref Secret } }
"""


def write_project(folder: Path, template: str, **files: str) -> Path:
    """Write a template and handlers, and return the template's path."""
    path = folder / "template.yaml"
    path.write_text(dedent(template))
    for name, text in files.items():
        handler = folder / "functions" / name / "handler.py"
        handler.parent.mkdir(parents=True, exist_ok=True)
        handler.write_text(dedent(text))
    return path


def send_request(server: Server, method: str, path: str, **headers: str) -> tuple[int, str]:
    """Send a request to a server in this process, and return status and body."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "http_version": "1.1",
    }
    asyncio.run(server(scope, receive, send))
    return messages[0]["status"], messages[1]["body"].decode()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Writes a template and handlers, and returns the template's path."""
    return partial(write_project, tmp_path)


@pytest.fixture
def small_text() -> str:
    return SMALL


@pytest.fixture
def small(project: Project) -> Template:
    return load(project(SMALL))


@pytest.fixture
def cloud(small: Template) -> Iterator[Cloud]:
    with Cloud(small) as cloud:
        yield cloud


EXTERNAL_SERVER = """
import socket, sys
from gatehouse_dev.endpoint import serving
with socket.create_server(("127.0.0.1", 0)) as listener, serving(listener) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def external_dynamodb() -> Iterator[str | None]:
    """The URL of a DynamoDB in another process."""
    if second_dynamodb.CHOSEN:
        with second_dynamodb.endpoint() as url:
            yield url
        return
    with subprocess.Popen(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", EXTERNAL_SERVER],
        env=os.environ | {"PYTHONPATH": str(ROOT / "devtools")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.communicate()
