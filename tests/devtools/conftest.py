"""Tiny projects to run: a template and handler folders made for one test."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template, load

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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Write a template and files; answer the template's path."""

    def write(template: str, **files: str) -> Path:
        path = tmp_path / "template.yaml"
        path.write_text(dedent(template))
        for name, text in files.items():
            handler = tmp_path / "functions" / name / "handler.py"
            handler.parent.mkdir(parents=True, exist_ok=True)
            handler.write_text(dedent(text))
        return path

    return write


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


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Run another DynamoDB in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603  # our own interpreter
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
