"""Deployment of new versions: aliases, canaries and snapshots."""

from typing import Any

import pytest

from tests.support.transformed import cycle, of_type, operations, source, transform, transformed

CANARIES = ("SignIn", "CreateTask")
WITH_ALIAS = {
    *("SignIn", "SignUp", "GetSession", "Token", "Refresh"),
    *("ListTasks", "CreateTask", "UpdateTask"),
    *("ShowPage", "SendAsset"),
}


def versions(**layers: Any) -> dict[str, str]:
    """Return the version of each alias, after changes of the layers' properties."""
    template = source()
    functions = {name for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"}
    for name in functions - set(CANARIES):
        del template["Resources"][name]  # SAM's transform is slow
    for name, properties in layers.items():
        template["Resources"][name]["Properties"] |= properties
    aliases = of_type(transform(template), "AWS::Lambda::Alias")
    return {alias["FunctionName"]["Ref"]: alias["FunctionVersion"]["Fn::GetAtt"][0] for alias in aliases.values()}


def test_interactive_functions_have_an_alias_and_every_new_version_has_its_layers() -> None:
    """Lambda takes snapshots of versions only. Without AllProperties, a new layer would not create a version."""
    functions = {
        name: one["Properties"]
        for name, one in source()["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    stack = transformed()
    aliases = of_type(stack, "AWS::Lambda::Alias").values()

    assert {alias["FunctionName"]["Ref"] for alias in aliases} == WITH_ALIAS
    assert {alias["Name"] for alias in aliases} == {"live"}
    assert len(of_type(stack, "AWS::Lambda::Version")) == len(WITH_ALIAS)
    assert {name for name, one in functions.items() if one.get("AutoPublishAliasAllProperties") is True} == WITH_ALIAS
    assert versions() == versions()


def test_only_these_functions_have_snapshots_and_only_with_snapstart_on() -> None:
    enabled = of_type(transformed(SnapStart="on"), "AWS::Lambda::Function")
    snapshots = {name: function["SnapStart"] for name, function in enabled.items() if "SnapStart" in function}

    assert snapshots == {name: {"ApplyOn": "PublishedVersions"} for name in WITH_ALIAS}
    assert not any("SnapStart" in function for function in of_type(transformed(), "AWS::Lambda::Function").values())


def test_routes_invoke_the_alias_if_there_is_one() -> None:
    """An invocation of the function itself would run the newest code, without a canary."""
    uris = {operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for operation in operations(transformed())}
    called = {uri.partition("/functions/")[2] for uri in uris}

    assert {name for name in WITH_ALIAS if f"${{{name}.Arn}}:live/invocations" not in called} == set()
    assert not called & {f"${{{name}.Arn}}/invocations" for name in WITH_ALIAS}


def test_background_functions_have_no_alias() -> None:
    """Streams, queues, schedules and the rotation invoke the function itself."""
    mappings = of_type(transformed(), "AWS::Lambda::EventSourceMapping").values()
    rules = of_type(transformed(), "AWS::Events::Rule").values()
    called = {mapping["FunctionName"]["Ref"] for mapping in mappings}
    called |= {target["Arn"]["Fn::GetAtt"][0] for rule in rules for target in rule["Targets"]}
    called.add(transformed()["Rotation"]["Properties"]["RotationLambdaARN"]["Fn::GetAtt"][0])

    assert called == {"SendMail", "EraseUser", "RecordMailFeedback", "Remind", "RotateSecret"}
    assert not called & WITH_ALIAS


@pytest.mark.parametrize("layer", ["CommonLayer", "VendorLayer"])
def test_a_changed_layer_creates_a_new_version(layer: str) -> None:
    """Without it, the alias would silently keep the previous code."""
    before, after = versions(), versions(**{layer: {"ContentUri": "s3://bucket/changed"}})

    assert all(before[function] != after[function] for function in CANARIES)


def test_without_publish_lambda_version_a_changed_layer_creates_no_version() -> None:
    unpublished = {"PublishLambdaVersion": False}

    assert versions(CommonLayer=unpublished) == versions(
        CommonLayer=unpublished | {"ContentUri": "s3://bucket/changed"}
    )


@pytest.mark.parametrize("preference", ["AllAtOnce", "Canary10Percent5Minutes", "Linear10PercentEvery1Minute"])
def test_a_deployment_follows_its_preference_and_rolls_back_on_an_alarm(preference: str) -> None:
    stack = transformed(DeploymentPreference=preference)
    groups = of_type(stack, "AWS::CodeDeploy::DeploymentGroup")

    assert set(groups) == {f"{function}DeploymentGroup" for function in CANARIES}
    for name, group in groups.items():
        alarm = name.replace("DeploymentGroup", "NewVersion")
        assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": preference}
        assert group["AlarmConfiguration"] == {"Enabled": True, "Alarms": [{"Name": {"Ref": alarm}}]}
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert cycle(stack) == []


def test_code_deploy_has_the_managed_policy_of_aws() -> None:
    role = transformed()["CodeDeployServiceRole"]["Properties"]

    assert role["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": ["codedeploy.amazonaws.com"]}
