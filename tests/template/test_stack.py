"""The stack in each stage: data protection, access, throttling and optional resources."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from gatehouse_dev.template import Template, load
from tests.support.layout import ROOT
from tests.support.transformed import (
    PARAMETERS,
    Resources,
    cycle,
    existing,
    of_type,
    references,
    source,
    transformed,
)

STAGES = ("dev", "staging", "prod")
DOMAIN = {"DomainName": "api.example.com"}
ZONE = {"HostedZoneId": "Z123"}
CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c"}
COMBINATIONS = [
    *({"Stage": stage} for stage in STAGES),
    *({"Stage": "prod"} | more for more in (DOMAIN, DOMAIN | ZONE, DOMAIN | CERTIFICATE)),
    {"CreateMailIdentity": "false"},
]
WHOLE_CPU = 1769
MAILING = {
    "RequestPasswordReset",
    "SendVerificationEmail",
    "ChangeEmail",
    "SendOtp",
}  # besides the hashing functions that send mail
ACCESS_LOG_FIELDS = {
    "requestId",
    "requestTime",
    "routeKey",
    "status",
    "identity.sourceIp",
    "responseLatency",
    "integrationLatency",
    "integration.integrationStatus",  # Lambda's status; `integrationStatus` may be the function's
    "integrationErrorMessage",
    "error.responseType",
    "responseLength",
}
CONFIGURATION: Mapping[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))

every_stage = pytest.mark.parametrize("stage", STAGES)


def functions(stack: Resources) -> dict[str, Mapping[str, Any]]:
    """Return the properties of all functions."""
    return of_type(stack, "AWS::Lambda::Function")


def stage_of(stack: Resources) -> Mapping[str, Any]:
    """Return the properties of the API's only stage."""
    (stage,) = of_type(stack, "AWS::ApiGatewayV2::Stage").values()
    return stage


def hashing() -> set[str]:
    """Return the functions that hash passwords; they have a whole processor."""
    return {name for name, function in functions(transformed()).items() if function["MemorySize"] == WHOLE_CPU}


@pytest.mark.parametrize("parameters", COMBINATIONS, ids=str)
def test_every_combination_can_be_created(parameters: dict[str, str]) -> None:
    assert cycle(transformed(**parameters)) == []


@pytest.mark.parametrize("parameters", COMBINATIONS, ids=str)
def test_no_combination_refers_to_a_resource_that_it_lacks(parameters: dict[str, str]) -> None:
    stack, outputs = transformed(**parameters), existing(source()["Outputs"], parameters)

    assert (source()["Resources"].keys() - stack.keys()) & {*references(stack), *references(outputs)} == set()


# -- Data ---------------------------------------------------------------------------


@every_stage
def test_tables_can_be_restored_and_are_encrypted(stage: str) -> None:
    for table in of_type(transformed(Stage=stage), "AWS::DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}


@every_stage
def test_tables_have_deletion_protection_in_production_only(stage: str) -> None:
    tables = of_type(transformed(Stage=stage), "AWS::DynamoDB::Table")

    assert {table["DeletionProtectionEnabled"] for table in tables.values()} == {stage == "prod"}


def test_every_log_group_has_a_retention() -> None:
    assert all(group["RetentionInDays"] for group in of_type(transformed(), "AWS::Logs::LogGroup").values())


@every_stage
def test_resources_made_by_sam_are_tagged(stage: str) -> None:
    """Other resources have the stack's tags, from samconfig.toml. Layers cannot have tags."""
    stack = transformed(Stage=stage)
    tags = [{"Key": "Application", "Value": "gatehouse"}, {"Key": "Stage", "Value": {"Ref": "Stage"}}]

    for function in functions(stack).values():
        assert [tag for tag in function["Tags"] if not tag["Key"].startswith("lambda:")] == tags
    assert stage_of(stack)["Tags"].items() >= {"Application": "gatehouse", "Stage": {"Ref": "Stage"}}.items()


# -- Access and throttling ----------------------------------------------------------


def test_only_ses_of_this_account_may_publish_and_only_the_topic_may_send_to_the_queue() -> None:
    """Otherwise anybody could mark addresses as undeliverable."""
    topic, queue = (
        transformed()[name]["Properties"]["PolicyDocument"]["Statement"]
        for name in ("MailEventsPolicy", "MailFeedbackPolicy")
    )

    assert [one["Condition"] for one in topic] == [{"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}}]
    assert [one["Condition"] for one in queue] == [{"ArnEquals": {"aws:SourceArn": {"Ref": "MailEvents"}}}]


def test_the_access_log_has_the_route_and_not_the_path() -> None:
    log = stage_of(transformed())["AccessLogSettings"]
    line = json.loads(log["Format"])

    assert log["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert {value.removeprefix("$context.") for value in line.values()} == ACCESS_LOG_FIELDS


def test_every_route_is_throttled_and_costly_routes_more() -> None:
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


def test_post_routes_that_hash_or_mail_and_returns_from_providers_are_costly(template: Template) -> None:
    """GET routes of the first, which links lead to, neither hash nor mail."""
    costly = hashing() | MAILING
    expected = {route.key for route in template.routes if route.function in costly and route.method == "POST"}
    expected |= {route.key for route in template.routes if route.function == "OauthCallback"}

    assert expected == set(stage_of(transformed())["RouteSettings"])


def test_functions_that_hash_or_send_mail_can_be_limited() -> None:
    limited = functions(transformed(HashingConcurrency="5", MailConcurrency="2"))
    reserved = {name: one.get("ReservedConcurrentExecutions") for name, one in limited.items()}

    assert {name for name, value in reserved.items() if value == {"Ref": "HashingConcurrency"}} == hashing()
    assert {name for name, value in reserved.items() if value == {"Ref": "MailConcurrency"}} == {"SendMail"}


def test_concurrency_is_not_reserved_by_default() -> None:
    assert all("ReservedConcurrentExecutions" not in function for function in functions(transformed()).values())


@pytest.mark.parametrize(("endpoint", "disabled"), [("enabled", False), ("disabled", True)])
def test_the_default_endpoint_can_be_disabled(endpoint: str, disabled: bool) -> None:  # noqa: FBT001 -- a case
    (server,) = transformed(**DOMAIN, ExecuteApiEndpoint=endpoint)["Api"]["Properties"]["Body"]["servers"]

    assert server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"] is disabled


def test_without_a_domain_the_default_endpoint_stays_enabled() -> None:
    (server,) = transformed(ExecuteApiEndpoint="disabled")["Api"]["Properties"]["Body"]["servers"]

    assert server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"] is False


@pytest.mark.parametrize(
    ("parameters", "created"),
    [
        ({}, set()),
        (ZONE, set()),
        (DOMAIN | CERTIFICATE, {"Domain", "DomainMapping"}),
        (DOMAIN, {"Domain", "DomainMapping", "Certificate"}),
        (DOMAIN | ZONE, {"Domain", "DomainMapping", "Certificate", "DomainRecord"}),
        (DOMAIN | ZONE | CERTIFICATE, {"Domain", "DomainMapping", "DomainRecord"}),
    ],
)
def test_a_custom_domain_has_the_resources_that_it_needs(parameters: dict[str, str], created: set[str]) -> None:
    conditions = {"HasDomain", "HasHostedZone", "MakesCertificate"}
    conditional = {name for name, one in source()["Resources"].items() if one.get("Condition") in conditions}

    assert conditional & transformed(**parameters).keys() == created


def test_pages_are_hosted_unless_a_frontend_has_its_own() -> None:
    """Without hosted pages there is no output; functions and routes stay, and respond with 404."""
    elsewhere = transformed(HostedPages="false", FrontendUrl="https://app.example.com")
    (rule,) = source()["Rules"].values()

    assert source()["Outputs"]["Pages"]["Condition"] == "HasHostedPages"
    assert elsewhere == transformed()
    chosen = [{"Fn::Equals": [{"Ref": "HostedPages"}, "false"]}, {"Fn::Equals": [{"Ref": "FrontendLinks"}, "true"]}]
    assert rule["RuleCondition"] == {"Fn::Or": chosen}
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
    configured = dict(pair.split("=", 1) for pair in pairs)
    deployment = CONFIGURATION[stage]["deploy"]["parameters"]

    assert configured["Stage"] == stage
    assert load(parameters=PARAMETERS | configured).parameters["Stage"] == stage
    assert CONFIGURATION[stage]["global"]["parameters"]["stack_name"] == f"gatehouse-{stage}"
    assert deployment["tags"] == ["Application=gatehouse", f"Stage={stage}"]
    assert deployment["confirm_changeset"] is (stage == "prod")


def test_deploying_without_a_stage_is_not_configured() -> None:
    assert "deploy" not in CONFIGURATION["default"]
