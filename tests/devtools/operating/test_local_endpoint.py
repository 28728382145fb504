"""The AWS endpoint of the running service: both sides see each other's writes."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest

from gatehouse_dev import endpoint
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.streams import Streams
from tests.support.auth_calls import sign_up
from tests.support.calls import Api
from tests.support.concurrency import wait_until
from tests.support.layout import ROOT

pytestmark = pytest.mark.xdist_group("operating")
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture(scope="module")
def running_streams(running_cloud: Cloud, api: Api) -> Iterator[None]:
    """Runs the streams as `make dev` does."""
    with Streams(running_cloud, api.pools):
        yield


@pytest.fixture(scope="module")
def url(running_cloud: Cloud) -> Iterator[str]:
    """The URL of the endpoint."""
    assert running_cloud
    with socket.create_server(("127.0.0.1", 0)) as listener, endpoint.serving(listener) as url:
        yield url


@pytest.fixture
def cloud(running_cloud: Cloud, running_streams: None) -> Cloud:
    """The cloud with empty tables and no mail."""
    assert running_streams is None
    running_cloud.reset()
    return running_cloud


def client(name: Any, url: str, region: str = "us-east-1") -> Any:
    """Return an ordinary boto3 client."""
    return boto3.client(
        name, endpoint_url=url, region_name=region, aws_access_key_id="AKIAANYBODY", aws_secret_access_key="any"
    )


@pytest.fixture
def signed_up(call: Api, cloud: Cloud) -> str:
    """The id of a user who signed up and received the mail."""
    response = sign_up(call, ANN)
    wait_until(lambda: len(cloud.mails()) == 1)
    return str(response.json["user"]["id"])


def mailed(url: str) -> dict[str, Any]:
    """Wait until the mail is marked as sent, and return its row."""

    def row() -> dict[str, Any]:
        rows = client("dynamodb", url).scan(TableName="TokensTable")["Items"]
        (found,) = (row for row in rows if row["purpose"] == {"S": "verify-email"})
        return dict(found)

    wait_until(lambda: row()["mail_state"] == {"S": "sent"})
    return row()


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_client_sees_what_the_service_wrote(url: str, signed_up: str, region: str) -> None:
    """From whatever region it believes to be in."""
    (row,) = client("dynamodb", url, region).scan(TableName="TokensTable")["Items"]

    assert row["user_id"] == {"S": signed_up}


def test_a_client_sees_the_resources_of_the_template(url: str) -> None:
    groups = client("logs", url).describe_log_groups()["logGroups"]
    identities = client("sesv2", url).list_email_identities()["EmailIdentities"]
    secret = client("secretsmanager", url).describe_secret(SecretId="Secret")

    assert "AuditLogs" in {group["logGroupName"] for group in groups}
    assert [identity["IdentityName"] for identity in identities] == ["example.com"]
    assert secret["Name"] == "Secret"


def test_a_mail_ordered_through_the_endpoint_is_sent(url: str, cloud: Cloud, signed_up: str) -> None:
    assert signed_up
    row = mailed(url)

    client("dynamodb", url).put_item(TableName="TokensTable", Item=row | {"mail_state": {"S": "pending"}})

    wait_until(lambda: len(cloud.mails()) == 2)
    assert [mail.to for mail in cloud.mails()] == [ANN, ANN]


SCRIPT = """
import sys
from functools import cache
from gatehouse_dev.admin import targets
from gatehouse_dev.cli import main
template = cache(lambda: targets.parsed(parameters=targets.local_parameters({}, 3000)))
targets.parsed, targets.load = targets.load, lambda **_: template()  # it is slow
for line in sys.stdin:
    try:
        main(line.split())
    except SystemExit as stop:
        print("=>", stop.code or 0, flush=True)
"""


def operate(url: str, *commands: str) -> list[tuple[str, str]]:
    """Run commands in one process, which finds layer, names and tables by itself; return code and output of each."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GATEHOUSE_"))}
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", SCRIPT],
        input="\n".join(f"{command} --local" for command in commands),
        env=clean | {"PYTHONPATH": str(ROOT / "devtools"), "AWS_ENDPOINT_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    results = [(code, text) for text, code in re.findall(r"(.*?)=> (\w+)\n", done.stdout, re.DOTALL)]
    assert len(results) == len(commands), done.stdout
    return results


def test_every_command_works_through_the_endpoint(url: str, cloud: Cloud, signed_up: str, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    file.write_text(json.dumps({"email": BOB, "email_verified": True}))

    results = operate(
        url,
        f"users resend {ANN}",
        f"import-users {file}",
        "users list --json",
        *(f"users {command} {BOB}" for command in ("show", "disable --yes", "enable", "sign-out --yes")),
        "users allow-mail @bounced.example",
        f"users delete {BOB} --yes",
        "mail redrive",
        "keys rotate",
        "keys rotate --emergency --yes",
    )

    wait_until(lambda: len(cloud.mails()) == 2)
    (_, listed), (_, shown) = results.pop(2), results.pop(2)
    assert json.loads(listed)["email"] == BOB
    assert f"address     {BOB}, verified\n" in shown
    assert results == [
        ("0", f"The verification mail to {ANN} will be sent.\n"),
        ("0", "1 added, 0 already there, 0 refused.\n"),
        ("0", f"{BOB} is disabled and signed out everywhere.\n"),
        ("0", f"{BOB} can sign in again.\n"),
        ("0", f"{BOB} is signed out everywhere.\n"),
        ("1", "Mail to all addresses of @bounced.example is allowed already.\n"),
        ("0", f"{BOB} is deleted; all other data is being erased.\n"),
        ("0", "Nothing has failed, and nothing is stuck.\n"),
        ("0", "There is a new key; the previous one is still valid.\n"),
        ("0", "There is a new key; all earlier sessions, access and refresh tokens and mailed links are invalid.\n"),
    ]
    lines = [event["message"] for event in client("logs", url).filter_log_events(logGroupName="AuditLogs")["events"]]
    assert {line["event"] for line in map(json.loads, lines)} >= {
        *("verification mail resent", "user disabled", "user enabled", "user signed out", "user deleted"),
        *("keys rotated", "keys replaced"),
    }
    assert not [line for line in lines if signed_up in line]


def test_concurrent_writes_are_not_lost(url: str, cloud: Cloud) -> None:
    """Moto by itself loses some of them: see the engine."""
    dynamodb = client("dynamodb", url)

    def add(number: int) -> None:
        item = {"key": {"S": f"at-once-{number}"}}
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "LimitsTable", "Item": item}}])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(80)))

    rows = cloud.client("dynamodb").scan(TableName="LimitsTable")["Items"]
    assert {row["key"]["S"] for row in rows} == {f"at-once-{number}" for number in range(80)}


@pytest.mark.parametrize(("origin", "status"), [("http://localhost:3000", 200), ("https://evil.example", 403)])
def test_the_endpoint_sends_no_cors_headers(url: str, origin: str, status: int) -> None:
    headers = {"Origin": origin, "X-Amz-Target": "DynamoDB_20120810.ListTables"}
    headers |= {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, x"}
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request("POST", "/", b"{}", headers)
    response = connection.getresponse()

    assert (response.status, "UsersTable" in response.read().decode()) == (status, status == HTTPStatus.OK)
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]
