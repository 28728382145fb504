"""How new versions take over, and how they start."""

from typing import Any

import pytest

from tests.support.transformed import cycle, of_type, operations, source, transform, transformed

CANARIES = ("SignIn", "CreateTask")
WAITED_FOR = {
    *("SignIn", "SignUp", "GetSession", "Token", "Refresh"),
    *("ListTasks", "CreateTask", "UpdateTask"),
    *("ShowPage", "SendAsset"),
}


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


def test_what_people_wait_for_most_has_an_alias_and_every_new_version_its_layers() -> None:
    """Lambda takes snapshots of versions alone, and a version without the second would keep its first layers."""
    functions = {
        name: one["Properties"]
        for name, one in source()["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    stack = transformed()
    aliases = of_type(stack, "AWS::Lambda::Alias").values()

    assert {alias["FunctionName"]["Ref"] for alias in aliases} == WAITED_FOR
    assert {alias["Name"] for alias in aliases} == {"live"}
    assert len(of_type(stack, "AWS::Lambda::Version")) == len(WAITED_FOR)
    assert {name for name, one in functions.items() if one.get("AutoPublishAliasAllProperties") is True} == WAITED_FOR
    assert versions() == versions()


def test_snapshots_are_taken_of_these_alone_and_only_where_they_are_asked_for() -> None:
    asked = of_type(transformed(SnapStart="on"), "AWS::Lambda::Function")
    taken = {name: function["SnapStart"] for name, function in asked.items() if "SnapStart" in function}

    assert taken == {name: {"ApplyOn": "PublishedVersions"} for name in WAITED_FOR}
    assert not any("SnapStart" in function for function in of_type(transformed(), "AWS::Lambda::Function").values())


def test_routes_lead_to_the_alias_where_there_is_one() -> None:
    """The function itself would be the newest code, canary or not."""
    uris = {operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for operation in operations(transformed())}
    called = {uri.partition("/functions/")[2] for uri in uris}

    assert {name for name in WAITED_FOR if f"${{{name}.Arn}}:live/invocations" not in called} == set()
    assert not called & {f"${{{name}.Arn}}/invocations" for name in WAITED_FOR}


def test_whatever_else_calls_a_function_calls_one_without_an_alias() -> None:
    """Streams, queues, schedules and the rotation name the function itself."""
    mappings = of_type(transformed(), "AWS::Lambda::EventSourceMapping").values()
    rules = of_type(transformed(), "AWS::Events::Rule").values()
    called = {mapping["FunctionName"]["Ref"] for mapping in mappings}
    called |= {target["Arn"]["Fn::GetAtt"][0] for rule in rules for target in rule["Targets"]}
    called.add(transformed()["Rotation"]["Properties"]["RotationLambdaARN"]["Fn::GetAtt"][0])

    assert called == {"SendMail", "EraseUser", "RecordMailFeedback", "Remind", "RotateSecret"}
    assert not called & WAITED_FOR


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
