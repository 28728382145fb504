"""How a new version of SignIn and of CreateTask takes over."""

from typing import Any

import pytest

from tests.support.transformed import cycle, of_type, source, transform, transformed

ALIASED = ("SignIn", "CreateTask")


def versions(**layers: Any) -> dict[str, str]:
    """The version that each alias points at, after some properties of layers changed."""
    template = source()
    functions = {name for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"}
    for name in functions - set(ALIASED):
        del template["Resources"][name]  # SAM is slow
    for name, properties in layers.items():
        template["Resources"][name]["Properties"] |= properties
    aliases = of_type(transform(template), "AWS::Lambda::Alias")
    return {alias["FunctionName"]["Ref"]: alias["FunctionVersion"]["Fn::GetAtt"][0] for alias in aliases.values()}


def test_sign_in_and_one_function_of_tasks_have_an_alias() -> None:
    assert set(versions()) == set(ALIASED)
    assert versions() == versions()


@pytest.mark.parametrize("layer", ["CommonLayer", "VendorLayer"])
def test_a_new_layer_alone_is_a_new_version(layer: str) -> None:
    """Else the alias would go on serving what was there before, and say nothing."""
    before, after = versions(), versions(**{layer: {"ContentUri": "s3://bucket/changed"}})

    assert all(before[function] != after[function] for function in ALIASED)


def test_it_would_not_be_without_being_told() -> None:
    quiet = {"PublishLambdaVersion": False}

    assert versions(CommonLayer=quiet) == versions(CommonLayer=quiet | {"ContentUri": "s3://bucket/changed"})


@pytest.mark.parametrize("preference", ["AllAtOnce", "Canary10Percent5Minutes", "Linear10PercentEvery1Minute"])
def test_a_deployment_goes_as_asked_and_back_when_an_alarm_says_so(preference: str) -> None:
    stack = transformed(DeploymentPreference=preference)
    groups = of_type(stack, "AWS::CodeDeploy::DeploymentGroup")

    assert set(groups) == {f"{function}DeploymentGroup" for function in ALIASED}
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
