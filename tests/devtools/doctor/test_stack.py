"""Credentials, region, the stack, and what the command prints."""

import json
import re
from datetime import UTC, datetime

import pytest
from botocore.exceptions import NoCredentialsError

from gatehouse_dev.cli import main
from tests.devtools.doctor.conftest import (
    SENDS,
    UNVERIFIED,
    Examine,
    healthy_answers,
)
from tests.support import deployed_stack
from tests.support.aws_failures import client_error
from tests.support.deployed_stack import REGION, STACK, Answers, StandIn, answering, client
from tests.support.layout import ROOT


def test_a_healthy_deployment_has_no_problem(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)

    report = examine()

    assert (report.code, {one["level"] for one in report.findings}) == (0, {"ok"})
    assert [one["check"] for one in report.findings] == [
        *("credentials", "stack", "api", "public url", "concurrency", "mail account", "sender", "mails", "suppressed"),
        *("cors", "cookies", "providers", "alarm email", "alarms", "rotation"),
    ]


def test_the_session_of_the_page_is_what_it_prints(api: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """For a new account after the first deployment."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    (session,) = re.findall(rf"^\$ gatehouse doctor --stack {STACK}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    deployed_stack.create(api.url, FrontendUrl="https://app.example.com", DomainName="", CookieSameSite="none")
    due = datetime(2100, 2, 27, tzinfo=UTC)
    new = {
        "GetAccount": SENDS | {"ProductionAccessEnabled": False},
        "GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 10}},
        "GetEmailIdentity": UNVERIFIED,
        "DescribeSecret": healthy_answers()["DescribeSecret"] | {"NextRotationDate": due},
    }

    with answering(Answers(of=healthy_answers() | new)), pytest.raises(SystemExit) as stop:
        main(["doctor", "--stack", STACK, "--region", REGION])

    printed = capsys.readouterr().out.replace(api.url, "https://a1b2c3.execute-api.eu-central-1.amazonaws.com")
    assert printed.replace("127.0.0.1", "a1b2c3.execute-api.eu-central-1.amazonaws.com") == session
    assert stop.value.code == 1


def test_without_a_region_that_is_the_only_finding(examine: Examine) -> None:
    report = examine("--stack", STACK)

    assert report.code == 1
    assert report.findings == [
        {
            "check": "credentials",
            "level": "problem",
            "message": "No region is set.",
            "remedy": ["export AWS_DEFAULT_REGION=…, or use --region"],
        }
    ]


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (NoCredentialsError(), "Your AWS credentials do not work: "),
        (client_error("ExpiredToken"), "Your AWS credentials do not work: "),
    ],
)
def test_without_credentials_nothing_else_is_asked(examine: Examine, error: Exception, start: str) -> None:
    report = examine(GetCallerIdentity=error)

    assert (report.code, report.called) == (1, ["sts:GetCallerIdentity"])
    ((level, message, remedy),) = report.of("credentials")
    assert (level, message.startswith(start), remedy) == ("problem", True, ["aws configure, or: aws sso login"])


def test_a_stack_that_is_not_there_leaves_the_account(examine: Examine) -> None:
    """Its sandbox and concurrency take days to change, so it is good to know of them before the first deployment."""
    report = examine(GetAccount=SENDS | {"ProductionAccessEnabled": False})

    assert [one["check"] for one in report.findings] == [
        *("credentials", "stack", "concurrency", "mail account", "suppressed"),
    ]
    assert report.of("stack")[0][1] == f"There is no stack {STACK} in {REGION}."
    assert report.problems == ["stack", "mail account"]


def test_another_stack_is_not_examined(examine: Examine) -> None:
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    client("cloudformation").create_stack(StackName="other", TemplateBody=json.dumps(topic))

    report = examine("--stack", "other", "--region", REGION)

    assert report.of("stack")[0][1] == "The stack other is not Gatehouse: it has no parameter MailFrom."
    assert "api" not in [one["check"] for one in report.findings]


FAILED = {
    "StackId": "s",
    "EventId": "1",
    "StackName": STACK,
    "Timestamp": datetime.now(UTC),
    "LogicalResourceId": "MailIdentity",
    "ResourceStatus": "CREATE_FAILED",
    "ResourceStatusReason": "example.com already exists",
}
CANCELLED = FAILED | {"LogicalResourceId": "Api", "ResourceStatusReason": "Resource creation cancelled"}


@pytest.mark.parametrize(
    ("status", "level", "texts"),
    [
        ("UPDATE_COMPLETE", "ok", ("is deployed", "")),
        ("CREATE_IN_PROGRESS", "warning", ("is being changed", "Wait")),
        ("UPDATE_ROLLBACK_COMPLETE", "warning", ("MailIdentity: example.com already exists", "make deploy STAGE=dev")),
        ("UPDATE_ROLLBACK_COMPLETE", "warning", ("already exists", 'Set "CreateMailIdentity=false" in')),
        ("ROLLBACK_COMPLETE", "problem", ("already exists", 'Set "CreateMailIdentity=false" in')),
        ("UPDATE_ROLLBACK_FAILED", "problem", ("MailIdentity: ", "aws cloudformation continue-update-rollback")),
        ("ROLLBACK_COMPLETE", "problem", ("MailIdentity: example.com already exists", ".venv/bin/sam delete")),
        ("REVIEW_IN_PROGRESS", "problem", ("was not executed", "make deploy STAGE=dev")),
    ],
)
def test_the_state_of_the_stack_is_explained(
    examine: Examine, api: StandIn, status: str, level: str, texts: tuple[str, str]
) -> None:
    deployed_stack.create(api.url)
    described = client("cloudformation").describe_stacks(StackName=STACK)
    described["Stacks"][0]["StackStatus"] = status

    report = examine(
        DescribeStacks={"Stacks": described["Stacks"]}, DescribeStackEvents={"StackEvents": [CANCELLED, FAILED]}
    )

    ((found, message, steps),) = report.of("stack")
    words, remedy = texts
    assert (found, words in message) == (level, True), message
    assert any(step.startswith(remedy) for step in steps or [""])


def test_a_stack_that_is_being_created_is_examined_as_far_as_it_is(examine: Examine, api: StandIn) -> None:
    """It has no outputs yet, and its certificate no name: the record that it waits for comes a moment later."""
    deployed_stack.create(
        api.url, DomainName="api.example.com", GoogleClientId="client-1", CorsOrigins="https://a.example"
    )
    described = client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    described[0] |= {"StackStatus": "CREATE_IN_PROGRESS", "Outputs": []}
    named = {"LogicalResourceId": "Certificate", "ResourceType": "t", "ResourceStatus": "CREATE_IN_PROGRESS"}
    detail = {**named, "LastUpdatedTimestamp": datetime.now(UTC)}

    report = examine(DescribeStacks={"Stacks": described}, DescribeStackResource={"StackResourceDetail": detail})

    assert report.of("stack")[0][0] == "warning"
    assert report.of("certificate")[0][1] == "The stack has no certificate for api.example.com yet."
    assert report.of("api")[0][1] == "The stack has no output ApiUrl: it is not deployed yet, or not Gatehouse."
    assert [
        one["check"] for one in report.findings if one["check"] in ("public url", "cors", "cookies", "providers")
    ] == []
