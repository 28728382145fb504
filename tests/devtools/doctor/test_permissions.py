"""What the doctor calls, and what it says where it may not."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.devtools.doctor.conftest import (
    NAMED,
    Examine,
)
from tests.support import deployed_stack
from tests.support.aws_failures import client_error
from tests.support.deployed_stack import STACK, StandIn, client, physical
from tests.support.layout import ROOT

SITE = "https://app.example.com"
GOOGLE = {"GoogleClientId": "client-1", "GoogleClientSecretName": f"{STACK}/google"}


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "AuthorizationError"])
def test_a_permission_that_is_missing_is_a_finding_and_stops_no_other_check(
    examine: Examine, api: StandIn, code: str
) -> None:
    deployed_stack.create(api.url)
    error = client_error(code)
    error.response["Error"]["Message"] = "User: arn:aws:iam::1:user/u is not authorized to perform: ses:GetAccount on *"

    report = examine(GetAccount=error)

    ((level, message, remedy),) = report.of("mail account")
    assert (level, message) == ("problem", "Not checked: you lack ses:GetAccount.")
    assert remedy == ["docs/operating.md lists the permissions that doctor needs, under IAM permissions"]
    assert report.problems == ["mail account"]


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (client_error("InternalError", 500), "Not checked, because AWS answered InternalError"),
        (EndpointConnectionError(endpoint_url="https://email"), "Not checked: Could not connect to the endpoint"),
    ],
)
def test_an_aws_that_fails_is_a_finding(examine: Examine, api: StandIn, error: Exception, start: str) -> None:
    deployed_stack.create(api.url)

    report = examine(GetAccount=error)

    assert (report.problems, report.of("mail account")[0][1].startswith(start)) == (["mail account"], True)


def all_calls(examine: Examine, api: StandIn) -> set[str]:
    """Return the calls of AWS about a stack with everything turned on, where an update failed."""
    deployed_stack.create(api.url, CorsOrigins=SITE, **GOOGLE, **{**NAMED, "BaseUrl": ""})
    client("secretsmanager").create_secret(Name=GOOGLE["GoogleClientSecretName"], SecretString="a client secret")
    described = client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    described[0]["StackStatus"] = "UPDATE_ROLLBACK_COMPLETE"
    arn = client("acm").request_certificate(DomainName="api.example.com", ValidationMethod="DNS")["CertificateArn"]
    names = {"Certificate": arn} | {logical: physical(logical) for logical in ("TokensTable", "Secret")}

    def resource(StackName: str, LogicalResourceId: str) -> Any:  # noqa: N803 -- AWS's names
        name = {"LogicalResourceId": LogicalResourceId, "PhysicalResourceId": names[LogicalResourceId]}
        state = {"ResourceType": StackName, "ResourceStatus": "CREATE_COMPLETE"}
        return {"StackResourceDetail": {**name, **state, "LastUpdatedTimestamp": datetime.now(UTC)}}

    report = examine(DescribeStacks={"Stacks": described}, DescribeStackResource=resource)
    assert [one["message"] for one in report.findings if one["message"].startswith("Not checked")] == []
    return set(report.called)


def test_it_only_reads(examine: Examine, api: StandIn) -> None:
    calls = all_calls(examine, api)

    assert [call for call in calls if not re.fullmatch(r"\w+:(Get|List|Describe|Scan)\w*", call)] == []
    assert {(method, path.partition("?")[0]) for method, path in api.received if method != "GET"} == {
        ("OPTIONS", "/api/auth/get-session"),
        ("POST", "/api/auth/sign-in/social"),
    }


def test_the_documented_permissions_are_the_calls_that_it_makes(examine: Examine, api: StandIn) -> None:
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"\n`gatehouse doctor` needs (.*?)\n\n", page, re.DOTALL)

    assert set(re.findall(r"`(\w+:\w+)`", listed)) == all_calls(examine, api) - {"sts:GetCallerIdentity"}


def test_each_thing_is_asked_once(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)

    called = examine().called

    assert sorted(called) == sorted([*set(called), "cloudformation:DescribeStackResource"])  # of two resources
