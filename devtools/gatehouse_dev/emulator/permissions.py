"""IAM: roles that services assume, partitions and senders in conditions, and a record of what was allowed."""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway, dynamodb, iam, ses, ses_v2

RECORD = Path(os.environ.get("TMPDIR", "/tmp"), "permissions.jsonl")  # noqa: S108 -- the stage sets it
MAIL = "/v2/email/outbound-emails"
FAILED = 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'  # as HTTP APIs say it

type Json = dict[str, Any]
type Answer = tuple[int, dict[str, str], bytes]

_context = iam_actions.dynamodb_service_context
_enforce = iam_evaluator.enforce
_enforce_ses = app._enforce_ses_v2
_invoke = apigateway._invoke_lambda_proxy


def install() -> None:
    """Complete what ministack enforces with AUTH=true. http counts as https, which the bucket of SAM demands."""
    iam_actions.dynamodb_service_context = context_with_partitions
    iam_evaluator.enforce = enforce
    app._enforce_ses_v2 = enforce_ses
    app.pin_request_origin = lambda address, _: iam_evaluator.pin_request_origin(address, True)  # noqa: FBT003 -- theirs
    apigateway._invoke_lambda_proxy = invoke_in_role


def denial(role: str, service: str, action: str, resource: str) -> str:
    """Return why a service cannot act in a role, or an empty string."""
    name, account = role.rpartition("/")[2], get_account_id()
    found = iam._roles.get_scoped(account, None, name)
    trusted = json.loads(found["AssumeRolePolicyDocument"])["Statement"] if found else []
    if not any(iam_evaluator._service_principal_matches(one["Principal"], service) for one in trusted):
        return f"{service} cannot assume {role}"
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/{service}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
    )
    decision = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account)).decision
    return "" if decision == "Allow" else f"{role} is not authorized to perform {action} on {resource}"


async def invoke_in_role(integration: Json, *arguments: Any, **others: Any) -> Any:
    """Invoke an integration's function, if its role allows that."""
    function = apigateway._extract_lambda_ref_from_integration_uri(integration["integrationUri"])
    role = integration["credentialsArn"]
    if reason := denial(role, "apigateway.amazonaws.com", "lambda:InvokeFunction", function):
        app.logger.error("API Gateway: %s", reason)
        return FAILED
    return await _invoke(integration, *arguments, **others)


def context_with_partitions(body: bytes) -> Json:
    """Return the condition keys of a request to DynamoDB, and the partitions of each table for `enforce`."""
    request = json.loads(body or b"{}")
    found = defaultdict[str, list[str]](list)
    for table, row in _rows(request):
        schema = dynamodb._tables.get(table, {}).get("KeySchema", [])
        found[table] += [
            value
            for key in schema
            if key["KeyType"] == "HASH" and key["AttributeName"] in row
            for value in row[key["AttributeName"]].values()
        ]
    return {**_context(body), "partitions": found}


def _rows(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield the table and the row or key of each part of a request."""
    for table, batch in request.get("RequestItems", {}).items():
        for one in batch["Keys"] if isinstance(batch, dict) else [next(iter(write.values())) for write in batch]:
            yield table, one.get("Item") or one.get("Key") or one
    for item in request.get("TransactItems", []):
        for one in item.values():
            yield one["TableName"], one.get("Item") or one["Key"]
    if "TableName" in request:
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        equal = re.findall(r"([#\w]+) *= *(:\w+)", request.get("KeyConditionExpression", ""))
        queried = {names.get(name, name): values[value] for name, value in equal}
        yield request["TableName"], request.get("Item") or request.get("Key") or queried


def enforce(key: str, action: str, *place: str, resource_arn: str = "*", service_context: Json | None = None) -> Any:
    """Enforce with dynamodb:LeadingKeys, and record what roles and users do, or try to."""
    context = dict(service_context or {})
    partitions = context.pop("partitions", {}).get(resource_arn.partition("/")[2].partition("/")[0], [])
    if partitions:
        context["dynamodb:LeadingKeys"] = partitions
    denied = _enforce(key, action, *place, resource_arn=resource_arn, service_context=context)
    principal = iam_evaluator.resolve_principal(key, get_account_id(), None)
    if getattr(principal, "type", "Root") != "Root":
        line = {"principal": principal.arn, "action": action, "resource": resource_arn, "partitions": partitions}
        with RECORD.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | {"denied": denied is not None}) + "\n")
    return denied


def enforce_ses(method: str, path: str, *request: Any) -> Answer | None:
    """Enforce ses:SendEmail on the configuration set, the sender's identity and, in the sandbox, each recipient's."""
    if path != MAIL:
        other: Answer | None = _enforce_ses(method, path, *request)
        return other
    headers, body, query, request_id = request
    mail, prefix = json.loads(body), f"arn:aws:ses:{get_region()}:{get_account_id()}"
    sender = parseaddr(mail["FromEmailAddress"])[1]
    recipients = [] if ses._production_access_enabled() else mail["Destination"]["ToAddresses"]
    identities = {f"identity/{name}" for address in (sender, *recipients) if (name := identity_of(address))}
    for resource in (f"configuration-set/{mail['ConfigurationSetName']}", *sorted(identities)):
        refusal: Answer | None = app._enforce_data_plane(
            "sesv2",
            "ses:SendEmail",
            headers,
            query,
            request_id,
            resource_arn=f"{prefix}:{resource}",
            service_context={"ses:FromAddress": sender},
            named_resource=resource,
        )
        if refusal:
            return refusal
    return None


def identity_of(address: str) -> str:
    """Return the account's identity for an address: the address, its domain, or a parent domain; "" if it has none."""
    names = (address, *ses._domain_and_parents(address.partition("@")[2]))
    return next((name for name in names if name in ses._identities or name in ses_v2._identities), "")
