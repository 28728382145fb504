"""The deletion of the stack: docs/deploy.md says what stays."""

import pytest
from botocore.exceptions import ClientError

from tests.deployed.stage import STACK, LocalStage

pytestmark = pytest.mark.deployed
TABLES = "UsersTable", "SessionsTable", "TokensTable", "TasksTable", "LimitsTable"


def test_tables_secret_and_audit_log_stay(stage: LocalStage) -> None:
    resources = dict(stage.resources)
    stage.delete()

    with pytest.raises(ClientError, match="does not exist"):
        stage.aws("cloudformation").describe_stacks(StackName=STACK)
    assert {resources[name] for name in TABLES} <= set(stage.aws("dynamodb").list_tables()["TableNames"])
    assert stage.aws("secretsmanager").get_secret_value(SecretId=resources["Secret"])["SecretString"]
    groups = {group["logGroupName"] for group in stage.aws("logs").describe_log_groups()["logGroups"]}
    assert resources["AuditLogs"] in groups
    assert stage.aws("lambda").list_functions()["Functions"] == []
    assert stage.aws("apigatewayv2").get_apis()["Items"] == []
    assert not [role for role in stage.aws("iam").list_roles()["Roles"] if role["RoleName"].startswith(STACK)]
