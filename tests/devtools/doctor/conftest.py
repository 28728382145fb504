"""Fixtures: a stack in moto, the API behind it, and the doctor."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from gatehouse_dev.cli import main
from gatehouse_dev.cloud import MODELS
from tests.support import aws_commands
from tests.support.deployed_stack import REGION, STACK, Answers, StandIn, answering, stand_in

SENDS: dict[str, Any] = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 3.0},
}
TOKENS = ["aaa", "bbb", "ccc"]
VERIFIED: dict[str, Any] = {
    "IdentityType": "DOMAIN",
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS", "Tokens": TOKENS},
}
UNVERIFIED: dict[str, Any] = VERIFIED | {
    "VerifiedForSendingStatus": False,
    "DkimAttributes": {"SigningEnabled": True, "Status": "PENDING", "Tokens": TOKENS},
}
CERTIFICATE_ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
NAMED = {"DomainName": "api.example.com", "BaseUrl": "https://api.example.com"}
RECORD = {"Name": "_a.api.example.com.", "Type": "CNAME", "Value": "_b.acm-validations.aws."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the doctor printed: exit code, findings, and all calls of AWS."""

    code: int
    findings: list[dict[str, Any]]
    called: list[str]

    def of(self, check: str) -> list[tuple[str, str, list[str]]]:
        """Return level, message and remedies of a check's findings."""
        return [(one["level"], one["message"], one["remedy"]) for one in self.findings if one["check"] == check]

    @property
    def problems(self) -> list[str]:
        """The checks that found a problem."""
        return [one["check"] for one in self.findings if one["level"] == "problem"]


type Examine = Callable[..., Report]


@pytest.fixture
def api() -> Iterator[StandIn]:
    with stand_in() as api:
        yield api


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    made = botocore.session.get_session

    def session() -> botocore.session.Session:
        session = made()
        session.register_component("data_loader", MODELS)  # reading the descriptions of services again is slow
        return session

    monkeypatch.setattr(botocore.session, "get_session", session)
    with mock_aws():
        yield


def healthy_answers() -> dict[str, Any]:
    """Return what AWS answers for a deployment that lacks nothing, where moto does not know it."""
    return {
        "GetAccount": SENDS,
        "GetEmailIdentity": VERIFIED,
        "ListSuppressedDestinations": {"SuppressedDestinationSummaries": []},
        "GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
        "DescribeSecret": {
            "RotationEnabled": True,
            "NextRotationDate": datetime.now(UTC) + timedelta(days=9),
            "VersionIdsToStages": {"a" * 32: ["AWSCURRENT"]},
        },
    }


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Examine:
    """Run the doctor on the stack: `examine(GetAccount=…)`. Calls of AWS in remedies must exist."""

    def run(*target: str, **answers: Any) -> Report:
        capsys.readouterr()
        chosen = target or ("--stack", STACK, "--region", REGION)
        with answering(Answers(of=healthy_answers() | answers)) as given, pytest.raises(SystemExit) as stop:
            main(["doctor", *chosen, "--json"])
        printed = capsys.readouterr()
        assert printed.err == ""
        findings = [json.loads(line) for line in printed.out.splitlines()]
        remedies = [step for finding in findings for step in finding["remedy"]]
        assert [problem for step in remedies for problem in aws_commands.problems(step)] == []
        assert [finding for finding in findings if finding["level"] == "problem" and not finding["remedy"]] == []
        return Report(code=int(stop.value.code or 0), findings=findings, called=given.called)

    return run


def issued(status: str) -> dict[str, Any]:
    """Return a certificate in a state."""
    validation = {"DomainName": "api.example.com", "ResourceRecord": RECORD}
    return {"Certificate": {"Status": status, "DomainValidationOptions": [validation]}}


def unused_url() -> str:
    """Return a URL at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"
