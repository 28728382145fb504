"""The deletion of the stack: docs/deploy.md says what stays."""

import pytest
from botocore.exceptions import ClientError

from tests.deployed.stage import STACK, LocalStage

pytestmark = pytest.mark.deployed
TABLES = "UsersTable", "SessionsTable", "TokensTable", "TasksTable", "LimitsTable"


def test_what_has_data_or_serves_others_stays(stage: LocalStage) -> None:
    """Whoever deployed also deletes, with the same permissions."""
    resources = dict(stage.resources)
    stage.delete()

    with pytest.raises(ClientError, match="does not exist"):
        stage.aws("cloudformation").describe_stacks(StackName=STACK)
    assert {resources[name] for name in TABLES} <= set(stage.aws("dynamodb").list_tables()["TableNames"])
    assert stage.aws("secretsmanager").get_secret_value(SecretId=resources["Secret"])["SecretString"]
    groups = {group["logGroupName"] for group in stage.aws("logs").describe_log_groups()["logGroups"]}
    assert resources["AuditLogs"] in groups
    layers = {layer["LayerName"] for layer in stage.aws("lambda").list_layers()["Layers"]}
    assert layers == {f"{STACK}-vendor", f"{STACK}-common"}
    assert stage.aws("sesv2").get_email_identity(EmailIdentity="example.com")
    assert stage.aws("lambda").list_functions()["Functions"] == []
    assert stage.aws("apigatewayv2").get_apis()["Items"] == []
    assert not [role for role in stage.aws("iam").list_roles()["Roles"] if role["RoleName"].startswith(STACK)]
