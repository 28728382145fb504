"""Permissions: the tests before used all grants of all functions, and one taken from a function is missed."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.deployed.gateway import DeployedApi, DeployedPeople
from tests.deployed.stage import LocalStage
from tests.support.aws_calls import KEYRING, AwsCall
from tests.support.grants import STREAMING, granted
from tests.support.transformed import of_type, transformed, untransformed

pytestmark = pytest.mark.deployed
AT_CREATION = STREAMING | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
FUNCTIONS = sorted(of_type(untransformed(), "AWS::Serverless::Function"))
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
ONLY_RARELY = {"DeletePasskey dynamodb:UpdateItem SessionsTable": "only with RequireTwoFactor=all"}


def used(stage: LocalStage) -> set[AwsCall]:
    """Return the permissions that functions used, in the terms of the template."""
    logical = {physical.rpartition("/")[2]: name for name, physical in stage.resources.items()}
    secrets = {stage.resources[name]: name for name in ("Secret", "SecondFactorSecret")}
    return {
        AwsCall(logical[one["principal"].rpartition("/")[2]], one["action"], resource)
        for one in stage.permissions()
        if not one["denied"] and one["principal"].rpartition("/")[2] in logical
        for resource in _resources(one, logical, secrets)
    }


def _resources(one: Mapping[str, Any], logical: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[str]:
    service, place = one["action"].partition(":")[0], one["resource"]
    if service == "secretsmanager":
        yield secrets.get(place, "client secrets")
    elif service == "ses":
        kind, _, name = place.rpartition(":")[2].partition("/")
        yield f"{kind}/{'*' if kind == 'identity' else logical[name]}"
    elif service != "dynamodb":
        yield "*"
    else:
        table, _, index = place.partition("table/")[2].partition("/")
        partitions = set(one["partitions"]) if one["action"] in WRITES and "SessionsTable" in table else {""}
        if "KEYRING" in partitions:
            yield KEYRING
        if partitions - {"KEYRING"}:
            yield f"{logical[table]}/{index}" if index else logical[table]


def test_all_grants_were_used(stage: LocalStage) -> None:
    """So if a function had one less, a test before this one would have failed."""
    grants = {grant for function in FUNCTIONS for grant in granted(transformed(), function)}
    unused = {grant for grant in grants - used(stage) if grant.action not in AT_CREATION}

    assert sorted(f"{one.function} {one.action} {one.resource}" for one in unused) == sorted(ONLY_RARELY)


@contextmanager
def without(stage: LocalStage, role: str, action: str, resource: str) -> Iterator[None]:
    """Take an action on a resource, both roles and resources by logical id, from a deployed role."""
    iam, name = stage.aws("iam"), stage.resources[role]
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    before = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    statements = list(_less(before["Statement"], action, stage.resources[resource]))
    assert statements != before["Statement"], f"{role} had no {action} on {resource}"

    def put(document: Mapping[str, Any]) -> None:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))

    if statements:
        put(before | {"Statement": statements})
    else:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    try:
        yield
    finally:
        put(before)


def _less(statements: list[dict[str, Any]], action: str, taken: str) -> Iterator[dict[str, Any]]:
    for statement in statements:
        actions, resources = (_list(statement[name]) for name in ("Action", "Resource"))
        others, left = [one for one in actions if one != action], [one for one in resources if taken not in one]
        if others == actions or left == resources:
            yield statement
        else:
            yield from [statement | {"Action": others}] if others else []
            yield from [statement | {"Action": action, "Resource": left}] if left else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture
def refused(stage: LocalStage) -> Callable[[], set[str]]:
    """The actions that were refused since the test began."""
    before = len(stage.permissions())
    return lambda: {one["action"] for one in stage.permissions()[before:] if one["denied"]}


FORGOT = "POST /api/auth/request-password-reset"
TAKEN = {
    "Health": ("dynamodb:GetItem", "LimitsTable", "GET /health", None),
    "ListTasks": ("dynamodb:Query", "TasksTable", "GET /api/tasks", None),
    "CreateTask": ("dynamodb:UpdateItem", "TasksTable", "POST /api/tasks", {"title": "Missed"}),
    "GetSession": ("dynamodb:BatchGetItem", "SessionsTable", "GET /api/auth/get-session", None),
    "RequestPasswordReset": ("dynamodb:UpdateItem", "LimitsTable", FORGOT, {"email": "nobody@example.com"}),
}


@pytest.mark.parametrize("function", TAKEN)
def test_a_grant_that_is_taken_is_missed(
    call: DeployedApi, people: DeployedPeople, stage: LocalStage, refused: Callable[[], set[str]], function: str
) -> None:
    """The limiter lets requests pass without its table, but the refusal is seen."""
    action, resource, route, body = TAKEN[function]
    bearer = people.signed_in(f"{function.lower()}@example.com").token
    request: dict[str, Any] = {"bearer": bearer, "json": body}
    assert call(route, **request).status < 300

    with without(stage, f"{function}Role", action, resource):
        failed = call.send(route, **request)

    assert refused() == {action}
    assert failed.status >= 500 or function == "RequestPasswordReset"
    assert call(route, **request).status < 300


def test_api_gateway_calls_only_what_its_role_allows(call: DeployedApi, stage: LocalStage) -> None:
    with without(stage, "ApiRole", "lambda:InvokeFunction", "Ok"):
        assert call.send("GET /api/auth/ok").status == 500
    assert call("GET /api/auth/ok").status == 200
