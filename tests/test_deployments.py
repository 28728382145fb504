"""How new versions take over, and how they start."""

from typing import Any

import pytest

from tests.support.transformed import cycle, of_type, operations, source, transform, transformed

CANARIES = ("SignIn", "CreateTask")


def versions(**layers: Any) -> dict[str, str]:
    """The version that each alias points at, after some properties of layers changed."""
    template = source()
    functions = {name for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"}
    for name in functions - set(CANARIES):
        del template["Resources"][name]  # SAM is slow
    for name, properties in layers.items():
        template["Resources"][name]["Properties"] |= properties
    aliases = of_type(transform(template), "AWS::Lambda::Alias")
    return {alias["FunctionName"]["Ref"]: alias["FunctionVersion"]["Fn::GetAtt"][0] for alias in aliases.values()}


def test_every_function_has_an_alias_and_every_new_version_its_layers() -> None:
    """Lambda takes snapshots of versions alone, and a version without the second would keep its first layers."""
    functions = [one for one in source()["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    stack = transformed()

    assert all(function["Properties"]["AutoPublishAliasAllProperties"] is True for function in functions)
    assert len(of_type(stack, "AWS::Lambda::Alias")) == len(functions)
    uris = {operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for operation in operations(stack)}
    assert uris
    assert all(".Arn}:live/invocations" in uri for uri in uris)
    assert versions() == versions()


@pytest.mark.parametrize("layer", ["CommonLayer", "VendorLayer"])
def test_a_new_layer_alone_is_a_new_version(layer: str) -> None:
    """Else the alias would go on serving what was there before, and say nothing."""
    before, after = versions(), versions(**{layer: {"ContentUri": "s3://bucket/changed"}})

    assert all(before[function] != after[function] for function in CANARIES)


def test_it_would_not_be_without_being_told() -> None:
    quiet = {"PublishLambdaVersion": False}

    assert versions(CommonLayer=quiet) == versions(CommonLayer=quiet | {"ContentUri": "s3://bucket/changed"})


@pytest.mark.parametrize("preference", ["AllAtOnce", "Canary10Percent5Minutes", "Linear10PercentEvery1Minute"])
def test_a_deployment_goes_as_asked_and_back_when_an_alarm_says_so(preference: str) -> None:
    stack = transformed(DeploymentPreference=preference)
    groups = of_type(stack, "AWS::CodeDeploy::DeploymentGroup")

    assert set(groups) == {f"{function}DeploymentGroup" for function in CANARIES}
    for name, group in groups.items():
        alarm = name.replace("DeploymentGroup", "NewVersion")
        assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": preference}
        assert group["AlarmConfiguration"] == {"Enabled": True, "Alarms": [{"Name": {"Ref": alarm}}]}
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert cycle(stack) == []


def test_code_deploy_may_what_aws_lets_it() -> None:
    role = transformed()["CodeDeployServiceRole"]["Properties"]

    assert role["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": ["codedeploy.amazonaws.com"]}
