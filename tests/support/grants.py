"""The permissions of each function's role, from the template after SAM's transform."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.aws_calls import KEYRING, AwsCall
from tests.support.transformed import Resources, of_type

LOGS = "service-role/AWSLambdaBasicExecutionRole"
TRACES = "AWSXrayWriteOnlyAccess"
KEYRING_ALONE = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["KEYRING"]}}
NOT_KEYRING = {"ForAllValues:StringNotEquals": {"dynamodb:LeadingKeys": ["KEYRING"]}}
PICTURES_ALONE = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["PICTURE#*"]}}
WRITES = {f"dynamodb:{name}" for name in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")}
LONGEST_FUNCTION_ARN = 130  # characters; the name has 64 at most, an alias follows
LONGEST_ARN = 250  # characters; names contain the stack's name
STREAMING = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",  # does not support resources
}


def managed_by_aws(resources: Resources, function: str) -> set[str]:
    """Return the AWS managed policies of a function's role: `service-role/AWSLambdaBasicExecutionRole`."""
    arns = [_text(arn) for arn in _role(resources, function).get("ManagedPolicyArns", [])]
    return {arn.partition(":aws:policy/")[2] for arn in arns if ":aws:policy/" in arn}


def granted(resources: Resources, function: str) -> set[AwsCall]:
    """Return each action and resource that a function's inline policies allow. A stream is a resource of its own, and
    so is the keyring's partition of the sessions table where an action writes.
    """
    return {
        AwsCall(function, action, place)
        for statement in statements(_role(resources, function))
        for action in _list(statement["Action"])
        for resource in _list(statement["Resource"])
        for place in _places(action, _name(action, resource), statement.get("Condition"))
    }


def _places(action: str, name: str, condition: Any) -> list[str]:
    if name != "SessionsTable" or action not in WRITES or condition == NOT_KEYRING:
        return [name]
    return [KEYRING] if condition == KEYRING_ALONE else [name, KEYRING]


def open_ended(resources: Resources) -> Iterator[str]:
    """Return the statements of all roles that allow more than listed actions on named resources."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            for action in _list(statement["Action"]):
                named = all("*" not in _text(resource) for resource in _list(statement["Resource"]))
                if "*" in action or (not named and action != "dynamodb:ListStreams"):
                    yield f"{name}: {action}"
            known = [KEYRING_ALONE, NOT_KEYRING, PICTURES_ALONE]
            unconditional = {key: value for key, value in statement.items() if key != "Condition" or value not in known}
            if set(unconditional) != {"Effect", "Action", "Resource"} or statement["Effect"] != "Allow":
                yield f"{name}: {sorted(statement)}"


def statements(role: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the statements of a role's inline policies."""
    return [statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]


def policy_size(resources: Resources, role: str) -> int:
    """Return the length of a role's inline policies as AWS counts it, with every ARN of the greatest length."""
    documents = [policy["PolicyDocument"] for policy in resources[role]["Properties"].get("Policies", [])]
    return sum(len(json.dumps(_filled(resources, document), separators=(",", ":"))) for document in documents)


def _filled(resources: Resources, node: Any) -> Any:
    match node:
        case {"Ref": str() as name} | {"Fn::GetAtt": [str() as name, "Arn"]} if _is_function(resources, name):
            return "x" * LONGEST_FUNCTION_ARN
        case {"Fn::GetAtt": _} | {"Fn::Sub": _} | {"Ref": _}:
            return "x" * LONGEST_ARN
        case dict():
            return {key: _filled(resources, value) for key, value in node.items()}
        case list():
            return [_filled(resources, value) for value in node]
    return node


def _is_function(resources: Resources, name: str) -> bool:
    return resources.get(name, {}).get("Type") in ("AWS::Lambda::Function", "AWS::Lambda::Alias")


def _role(resources: Resources, function: str) -> Mapping[str, Any]:
    role = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
    properties: Mapping[str, Any] = resources[role]["Properties"]
    return properties


def _name(action: str, resource: Any) -> str:
    """Return the resource as in an AwsCall. Only calls of DynamoDB and Secrets Manager record theirs."""
    if action.startswith("secretsmanager:"):
        return "client secrets" if "ClientSecretName" in _text(resource) else re.sub(r"\W", "", _text(resource))
    if not action.startswith(("dynamodb:", "sqs:")):
        return "*"
    return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", _text(resource))


def _text(node: Any) -> str:
    """Return an ARN with its references in the syntax of Fn::Sub: `${TasksTable.Arn}`."""
    match node:
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": str() as text}:
            return text
        case {"Ref": name}:
            return f"${{{name}}}"
    return str(node)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
