"""A stage that is no account: a copy of the project, deployed to an emulator in processes of its own."""

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3

from gatehouse_dev import deploying
from tests.performance.packages import runtime
from tests.support.emulator import running_emulator

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache/stage"
STAGE, STACK = "staging", "gatehouse-staging"
SOURCES = "template.yaml", "samconfig.toml", "functions", "layers"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",  # the emulator's root, whom it allows everything
    "AWS_DEFAULT_REGION": "us-east-1",
}
PARAMETERS = {
    "Architecture": "x86_64" if platform.machine() == "x86_64" else "arm64",
    "BaseUrl": "https://api.example.com",
    "CorsOrigins": "https://app.example.com",
    "Tracing": "Active",
}
_TIMEOUT = 60  # seconds


class NotDeployed(Exception):
    """A command failed."""


class LocalStage:
    """The stage: its sources, which may be edited, its deployments, and AWS."""

    def __init__(self, port: int, console: Path) -> None:
        """`port` is the emulator's; `console` is the file with its output. `deployer` comes from `create_user`."""
        self.port, self.console = port, console
        self.parameters: dict[str, str] = {}
        self.deployer: dict[str, str] = {}
        self._clients: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """The emulator's endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def aws(self, service: str) -> Any:
        """Return a client that is allowed everything."""
        if service not in self._clients:
            key, secret, region = CREDENTIALS.values()
            connect: Any = boto3.client
            self._clients[service] = connect(
                service, region, endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret
            )
        return self._clients[service]

    def create_user(self, name: str, policies: Mapping[str, str]) -> dict[str, str]:
        """Create a user with policies, JSON by name; returns the variables that commands need to act as that user."""
        iam = self.aws("iam")
        iam.create_user(UserName=name)
        for policy, document in policies.items():
            arn = iam.create_policy(PolicyName=policy, PolicyDocument=document)["Policy"]["Arn"]
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        user = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return CREDENTIALS | user | {"AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL": self.url}

    def deploy(self, **parameters: str) -> None:
        """Deploy as `make deploy` does, with changed parameters; NotDeployed if that fails."""
        self.parameters |= parameters
        deploying.save_parameters(FOLDER / "samconfig.toml", STAGE, self.parameters)
        if code := deploying.deploy(STAGE, FOLDER, **self._environment()):
            raise NotDeployed(f"exit code {code}")
        self.__dict__.pop("resources", None)

    def delete(self) -> None:
        """Delete the stack as docs/deploy.md says."""
        command = [sys.executable, "-m", "samcli", "delete", "--config-env", STAGE, "--no-prompts"]
        subprocess.run(command, cwd=FOLDER, env=os.environ | self._environment(), check=True)  # noqa: S603 -- ours

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join((str(ROOT / "devtools"), str(FOLDER / "layers/common")))
        return {**self.deployer, "PYTHONPATH": path}

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text in a source file."""
        path = FOLDER / file
        text = path.read_text(encoding="utf-8")
        assert old in text, file
        path.write_text(text.replace(old, new), encoding="utf-8")

    @cached_property
    def resources(self) -> dict[str, str]:
        """The physical ids of the stack's resources."""
        pages = self.aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}

    def status(self) -> str:
        """Return the stack's status."""
        status: str = self.aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        return status

    def mails(self) -> list[Mapping[str, Any]]:
        """Return all mails that SES accepted."""
        with urlopen(f"{self.url}/_ministack/ses/messages") as response:  # noqa: S310 -- http
            accounts = json.load(response)["messages"]
        return [mail for mails in accounts.values() for mail in mails]

    def forget_keyring(self) -> None:
        """Delete the published keys: the next function that needs them publishes the first."""
        key = {"user_id": {"S": "KEYRING"}, "session_id": {"S": "KEYRING"}}
        self.aws("dynamodb").delete_item(TableName=self.resources["SessionsTable"], Key=key)

    def put(self, table: str, **row: str | int) -> None:
        """Write a row, as older code or chance would."""
        item = {name: {"N" if isinstance(value, int) else "S": str(value)} for name, value in row.items()}
        self.aws("dynamodb").put_item(TableName=self.resources[table], Item=item)

    def set_in_profile(self, user_id: str, name: str, value: dict[str, Any]) -> None:
        """Change an attribute of a user."""
        self.aws("dynamodb").update_item(
            TableName=self.resources["UsersTable"],
            Key={"pk": {"S": f"USER#{user_id}"}, "sk": {"S": "PROFILE"}},
            UpdateExpression="SET #name = :value",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )

    def permissions(self) -> list[dict[str, Any]]:
        """Return what roles and the deployer did or tried, as the emulator recorded it."""
        path = FOLDER / "tmp/permissions.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


@contextmanager
def local_stage() -> Iterator[LocalStage]:
    """Copy the sources, and start the emulator. A build of before is kept in `.aws-sam`."""
    for name in (*SOURCES, "tmp", "s3"):
        path = FOLDER / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (FOLDER / "tmp").mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / name
        copy: Callable[..., Any] = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, FOLDER / name)
    log = FOLDER / "emulator.log"
    with running_emulator(
        "gatehouse_dev.emulator",
        log,
        **CREDENTIALS,
        AUTH="true",
        EMULATOR_RUNTIME=shlex.join(runtime()),
        HOME=str(FOLDER),
        PATH=os.environ["PATH"],
        PYTHONPATH=str(ROOT / "devtools"),
        S3_DATA_DIR=str(FOLDER / "s3"),
        TMPDIR=str(FOLDER / "tmp"),
    ) as port:
        yield LocalStage(port, log)


def wait_until[T](ask: Callable[[], T], what: str, seconds: float = _TIMEOUT) -> T:
    """Return the first true result; AssertionError if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := ask():
            return result
        time.sleep(0.1)
    raise AssertionError(f"it did not happen that {what}")
