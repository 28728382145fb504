"""The permissions of each function's role, from the template after SAM's transform."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.support.aws_calls import KEYRING, AwsCall
from tests.support.transformed import Resources, of_type, resolver

LOGS = "service-role/AWSLambdaBasicExecutionRole"
TRACES = "AWSXrayWriteOnlyAccess"
KEYRING_ALONE = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["KEYRING"]}}
NOT_KEYRING = {"ForAllValues:StringNotEquals": {"dynamodb:LeadingKeys": ["KEYRING"]}}
PICTURES_ALONE = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["PICTURE#*"]}}
FROM_SENDER = {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
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
    so is the keyring's partition of the sessions table where an action writes, and an identity of SES that any sender
    may use.
    """
    return {
        AwsCall(function, action, place)
        for statement in statements(_role(resources, function))
        for action in _list(statement["Action"])
        for resource in _list(statement["Resource"])
        for place in _places(action, _name(action, resource), statement.get("Condition"))
    }


def _places(action: str, name: str, condition: Any) -> list[str]:
    if name.startswith("identity/"):
        return [name if condition == FROM_SENDER else f"{name} from any sender"]
    if name != "SessionsTable" or action not in WRITES or condition == NOT_KEYRING:
        return [name]
    return [KEYRING] if condition == KEYRING_ALONE else [name, KEYRING]


def is_allowed(resources: Resources, function: str, action: str, arn: str, context: Mapping[str, str]) -> bool:
    """Whether IAM allows a function a call: a statement has the action, a pattern of the resource's ARN, and conditions
    that hold. `context` are the condition keys of the call. No statement denies anything.
    """
    return any(
        action in _list(statement["Action"])
        and any(fnmatchcase(arn, pattern) for pattern in _list(statement["Resource"]))
        and _holds(statement.get("Condition", {}), context)
        for statement in resolver().resolve(statements(_role(resources, function)))
    )


def _holds(condition: Mapping[str, Mapping[str, str]], context: Mapping[str, str]) -> bool:
    assert condition.keys() <= {"StringEquals"}, "no other operator is known here"
    return all(context.get(key) == value for key, value in condition.get("StringEquals", {}).items())


def open_ended(resources: Resources) -> Iterator[str]:
    """Return the statements of all roles that allow more than listed actions on named resources."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            # In its sandbox SES also checks the recipient's identity, which may be any.
            any_identity = ":identity/*" if statement.get("Condition") == FROM_SENDER else ""
            for action in _list(statement["Action"]):
                named = all("*" not in _text(one).removesuffix(any_identity) for one in _list(statement["Resource"]))
                if "*" in action or (not named and action != "dynamodb:ListStreams"):
                    yield f"{name}: {action}"
            known = [KEYRING_ALONE, NOT_KEYRING, PICTURES_ALONE, FROM_SENDER]
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
    """Return the resource as in an AwsCall. Only calls of DynamoDB, Secrets Manager and SES record theirs."""
    if action.startswith("ses:"):
        return re.sub(r"\$\{(\w+)\}", r"\1", _text(resource).rpartition(":")[2])
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
