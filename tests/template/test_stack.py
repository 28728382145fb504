"""The stack that a team runs: what every stage has, and what differs."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from gatehouse_dev.template import Template, load
from tests.support.layout import ROOT
from tests.support.transformed import PARAMETERS, Resources, cycle, of_type, source, transformed

STAGES = ("dev", "staging", "prod")
DOMAIN = {"DomainName": "api.example.com"}
ZONE = {"HostedZoneId": "Z123"}
CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c"}
COMBINATIONS = [
    *({"Stage": stage} for stage in STAGES),
    *({"Stage": "prod"} | more for more in (DOMAIN, DOMAIN | ZONE, DOMAIN | CERTIFICATE)),
]
WHOLE_CPU = 1769
MAILING = {"RequestPasswordReset", "SendVerificationEmail", "ChangeEmail"}  # and those of the hashing ones that mail
IN_THE_LOG = {
    "requestId",
    "requestTime",
    "routeKey",
    "status",
    "identity.sourceIp",
    "responseLatency",
    "integrationLatency",
    "integration.integrationStatus",  # what Lambda said; `integrationStatus` may be what the function answered
    "integrationErrorMessage",
    "error.responseType",
    "responseLength",
}
NAMED_BY_HAND = {  # else a name keeps a second stack out of the account, and blocks replacements
    "AWS::Lambda::Function": "FunctionName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::CodeDeploy::Application": "ApplicationName",
}
CONFIGURATION: Mapping[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))

every_stage = pytest.mark.parametrize("stage", STAGES)


def functions(stack: Resources) -> dict[str, Mapping[str, Any]]:
    """The properties of all functions."""
    return of_type(stack, "AWS::Lambda::Function")


def stage_of(stack: Resources) -> Mapping[str, Any]:
    """The properties of the API's one stage."""
    (stage,) = of_type(stack, "AWS::ApiGatewayV2::Stage").values()
    return stage


def hashing() -> set[str]:
    """Functions with a whole processor: they hash passwords."""
    return {name for name, function in functions(transformed()).items() if function["MemorySize"] == WHOLE_CPU}


@pytest.mark.parametrize("parameters", COMBINATIONS, ids=str)
def test_every_combination_can_be_created(parameters: dict[str, str]) -> None:
    assert cycle(transformed(**parameters)) == []


def test_nothing_is_named_by_hand() -> None:
    stack = transformed(**DOMAIN, **ZONE)

    assert [
        name for name, one in stack.items() if NAMED_BY_HAND.get(one["Type"], "nothing") in one.get("Properties", {})
    ] == []


# -- What is kept -------------------------------------------------------------------


@every_stage
def test_tables_can_be_restored_and_are_encrypted(stage: str) -> None:
    for table in of_type(transformed(Stage=stage), "AWS::DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}


@every_stage
def test_only_in_production_no_hand_can_delete_a_table(stage: str) -> None:
    tables = of_type(transformed(Stage=stage), "AWS::DynamoDB::Table")

    assert {table["DeletionProtectionEnabled"] for table in tables.values()} == {stage == "prod"}


def test_every_log_ends() -> None:
    assert all(group["RetentionInDays"] for group in of_type(transformed(), "AWS::Logs::LogGroup").values())


@every_stage
def test_what_sam_makes_is_tagged(stage: str) -> None:
    """The rest has the stack's own tags, from samconfig.toml; layers can have none."""
    stack = transformed(Stage=stage)
    tags = [{"Key": "Application", "Value": "gatehouse"}, {"Key": "Stage", "Value": {"Ref": "Stage"}}]

    for function in functions(stack).values():
        assert [tag for tag in function["Tags"] if not tag["Key"].startswith("lambda:")] == tags
    assert stage_of(stack)["Tags"].items() >= {"Application": "gatehouse", "Stage": {"Ref": "Stage"}}.items()


# -- The door -----------------------------------------------------------------------


def test_only_ses_of_this_account_tells_the_topic_and_only_the_topic_the_queue() -> None:
    """Or anybody could call addresses undeliverable."""
    topic, queue = (
        transformed()[name]["Properties"]["PolicyDocument"]["Statement"]
        for name in ("MailEventsPolicy", "MailFeedbackPolicy")
    )

    assert [one["Condition"] for one in topic] == [{"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}}]
    assert [one["Condition"] for one in queue] == [{"ArnEquals": {"aws:SourceArn": {"Ref": "MailEvents"}}}]


def test_the_access_log_knows_the_route_and_never_the_path() -> None:
    log = stage_of(transformed())["AccessLogSettings"]
    line = json.loads(log["Format"])

    assert log["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert {value.removeprefix("$context.") for value in line.values()} == IN_THE_LOG


def test_every_route_is_throttled_and_the_costly_ones_more() -> None:
    stage = stage_of(transformed())
    costly = {
        "ThrottlingRateLimit": {"Ref": "CostlyThrottlingRate"},
        "ThrottlingBurstLimit": {"Ref": "CostlyThrottlingBurst"},
    }

    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "ThrottlingRate"},
        "ThrottlingBurstLimit": {"Ref": "ThrottlingBurst"},
    }
    assert all(settings == costly for settings in stage["RouteSettings"].values())


def test_routes_that_hash_or_mail_are_the_costly_ones(template: Template) -> None:
    """Those that change something: following a link neither hashes nor mails."""
    costly = hashing() | MAILING
    posted = {route.key for route in template.routes if route.function in costly and route.method == "POST"}

    assert posted == set(stage_of(transformed())["RouteSettings"])


def test_functions_that_hash_or_send_mail_can_be_limited() -> None:
    limited = functions(transformed(HashingConcurrency="5", MailConcurrency="2"))
    reserved = {name: one.get("ReservedConcurrentExecutions") for name, one in limited.items()}

    assert {name for name, value in reserved.items() if value == {"Ref": "HashingConcurrency"}} == hashing()
    assert {name for name, value in reserved.items() if value == {"Ref": "MailConcurrency"}} == {"SendMail"}


def test_nothing_is_reserved_unless_asked_for() -> None:
    assert all("ReservedConcurrentExecutions" not in function for function in functions(transformed()).values())


@pytest.mark.parametrize(("endpoint", "closed"), [("enabled", False), ("disabled", True)])
def test_the_name_that_api_gateway_gives_can_be_closed(endpoint: str, closed: bool) -> None:  # noqa: FBT001 -- a case
    (server,) = transformed(**DOMAIN, ExecuteApiEndpoint=endpoint)["Api"]["Properties"]["Body"]["servers"]

    assert server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"] is closed


def test_it_stays_open_while_there_is_no_other() -> None:
    (server,) = transformed(ExecuteApiEndpoint="disabled")["Api"]["Properties"]["Body"]["servers"]

    assert server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"] is False


@pytest.mark.parametrize(
    ("parameters", "made"),
    [
        ({}, set()),
        (ZONE, set()),
        (DOMAIN | CERTIFICATE, {"Domain", "DomainMapping"}),
        (DOMAIN, {"Domain", "DomainMapping", "Certificate"}),
        (DOMAIN | ZONE, {"Domain", "DomainMapping", "Certificate", "DomainRecord"}),
        (DOMAIN | ZONE | CERTIFICATE, {"Domain", "DomainMapping", "DomainRecord"}),
    ],
)
def test_a_domain_of_its_own_has_what_it_needs(parameters: dict[str, str], made: set[str]) -> None:
    conditions = {"HasDomain", "HasHostedZone", "MakesCertificate"}
    conditional = {name for name, one in source()["Resources"].items() if one.get("Condition") in conditions}

    assert conditional & transformed(**parameters).keys() == made


def test_pages_are_hosted_unless_they_are_elsewhere() -> None:
    """No output names them then; their functions and routes stay, and answer 404."""
    elsewhere = transformed(HostedPages="false", FrontendUrl="https://app.example.com")
    (rule,) = source()["Rules"].values()

    assert source()["Outputs"]["Pages"]["Condition"] == "HasHostedPages"
    assert elsewhere == transformed()
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "HostedPages"}, "false"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "FrontendUrl"}, ""]}]}


def test_functions_and_layers_run_on_the_same_processors() -> None:
    layers = of_type(transformed(), "AWS::Lambda::LayerVersion").values()

    assert all(one["Architectures"] == [{"Ref": "Architecture"}] for one in functions(transformed()).values())
    assert all(layer["CompatibleArchitectures"] == [{"Ref": "Architecture"}] for layer in layers)
    assert all(
        source()["Resources"][layer]["Metadata"]["BuildArchitecture"] == {"Ref": "Architecture"}
        for layer in ("VendorLayer", "CommonLayer")
    )


# -- samconfig.toml -----------------------------------------------------------------


@every_stage
def test_every_stage_is_configured(stage: str) -> None:
    pairs = CONFIGURATION[stage]["global"]["parameters"]["parameter_overrides"]
    wanted = dict(pair.split("=", 1) for pair in pairs)
    deployment = CONFIGURATION[stage]["deploy"]["parameters"]

    assert wanted["Stage"] == stage
    assert load(parameters=PARAMETERS | wanted).parameters["Stage"] == stage
    assert CONFIGURATION[stage]["global"]["parameters"]["stack_name"] == f"gatehouse-{stage}"
    assert deployment["tags"] == ["Application=gatehouse", f"Stage={stage}"]
    assert deployment["confirm_changeset"] is (stage == "prod")


def test_nobody_deploys_by_forgetting_the_stage() -> None:
    assert "deploy" not in CONFIGURATION["default"]
