"""CloudFormation: parameters for SAM, routes from OpenAPI, rotation, CodeDeploy, and what else ministack lacks."""

import contextvars
import json
import re
import threading
import time
import uuid
from typing import Any

import samtranslator.translator.transform as sam
from ministack.services import apigateway, cloudwatch, lambda_svc, secretsmanager
from ministack.services.cloudformation import _stacks, changesets, engine, provisioners, stacks

from gatehouse_dev.emulator.permissions import Answer, denial

HANDLERS = provisioners._RESOURCE_HANDLERS
STEPS = "createSecret", "setSecret", "testSecret", "finishSecret"
READING = {
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
}
ALIAS, API, IDENTITY, MAPPING, ROTATION, SECRET = (
    "AWS::Lambda::Alias",
    "AWS::ApiGatewayV2::Api",
    "AWS::SES::EmailIdentity",
    "AWS::Lambda::EventSourceMapping",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::Secret",
)

type Json = dict[str, Any]
type Created = tuple[str, Json]

_ours = {kind: dict(HANDLERS[kind]) for kind in (ALIAS, API, IDENTITY, MAPPING, SECRET)}
_alarm_record = provisioners._cw_metric_alarm_record
_may_block = stacks._runs_on_worker_thread


def install() -> None:
    """Add types, and complete others."""
    nothing = {"create": create_name, "update": lambda physical_id, *_: (physical_id, {}), "delete": lambda *_: None}
    for kind in ("AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"):
        HANDLERS[kind] = nothing
    HANDLERS[ROTATION] = nothing | {"create": create_rotation}
    HANDLERS[ALIAS]["update"] = update_alias
    HANDLERS[API] |= {"create": create_api, "update": update_api}
    HANDLERS[IDENTITY]["create"] = create_identity
    HANDLERS[MAPPING]["create"] = create_mapping
    HANDLERS[SECRET]["create"] = create_secret
    secretsmanager._rotate_secret = rotate_secret
    changesets._apply_transforms = transform
    provisioners._cw_metric_alarm_record = alarm_record
    stacks._runs_on_worker_thread = lambda kind: kind in (ALIAS, ROTATION) or _may_block(kind)


def transform(template: Json, provided: Any = None, previous: Any = None) -> Json:
    """Apply the transforms. SAM sees the values of parameters, such as Tracing."""
    values, translate = engine._transform_parameters(template, provided, previous), sam.transform
    sam.transform = lambda given, _, policies: translate(given, values, policies)
    try:
        transformed: Json = engine._apply_transforms(template, provided, previous)
    finally:
        sam.transform = translate
    return transformed


def create_name(logical_id: str, _properties: Json, stack_name: str) -> Created:
    """Create a resource that is no more than a name."""
    return f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}", {}


def alarm_record(name: str, properties: Json) -> Json:
    """Return an alarm. One of several metrics has only the states that SetAlarmState gives it."""
    one_metric = {"MetricName": "-", "Namespace": "-", **properties, "Metrics": None}
    record: Json = _alarm_record(name, one_metric)
    return record


def create_secret(*arguments: Any) -> Created:
    """Create a secret. References get its ARN."""
    _, attributes = _ours[SECRET]["create"](*arguments)
    return attributes["Arn"], attributes


def create_identity(*arguments: Any) -> Created:
    """Create an identity, with the DNS records of its DKIM."""
    name, attributes = _ours[IDENTITY]["create"](*arguments)
    for number in "123":
        attributes[f"DkimDNSTokenName{number}"] = f"token{number}._domainkey.{name}"
        attributes[f"DkimDNSTokenValue{number}"] = f"token{number}.dkim.amazonses.com"
    return name, attributes


def create_mapping(logical_id: str, properties: Json, stack_name: str) -> Created:
    """Create an event source mapping, if the function's role may read the source: Lambda checks that, too."""
    source = properties["EventSourceArn"]
    role = lambda_svc._get_func_record_for_ref(properties["FunctionName"])[1]["Role"]
    service = source.split(":")[2]
    for name in READING[service]:
        resource = "*" if name == "ListStreams" else source
        if reason := denial(role, "lambda.amazonaws.com", f"{service}:{name}", resource):
            raise ValueError(reason)
    created: Created = _ours[MAPPING]["create"](logical_id, properties, stack_name)
    return created


# -- HTTP APIs ------------------------------------------------------------------------


def create_api(*arguments: Any) -> Created:
    """Create an HTTP API with the routes of its body."""
    api, attributes = _ours[API]["create"](*arguments)
    _put_routes(api, arguments[1]["Body"])
    return api, attributes


def update_api(api: str, old: Json, new: Json, *others: Any) -> Created:
    """Update an HTTP API and its routes."""
    updated: Created = _ours[API]["update"](api, old, new, *others)
    _put_routes(api, new["Body"])
    return updated


def _put_routes(api: str, body: Json) -> None:
    apigateway._routes[api], apigateway._integrations[api] = {}, {}
    if cors := body.get("x-amazon-apigateway-cors"):
        apigateway._apis[api]["corsConfiguration"] = cors
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            given = operation["x-amazon-apigateway-integration"]
            properties = {"ApiId": api, "IntegrationUri": given["uri"]}
            integration, _ = provisioners._apigw_v2_integration_create("", properties, "")
            apigateway._integrations[api][integration]["credentialsArn"] = given["credentials"]
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            route = {"ApiId": api, "RouteKey": f"{verb} {path}", "Target": f"integrations/{integration}"}
            provisioners._apigw_v2_route_create("", route, "")


# -- Rotation of secrets ----------------------------------------------------------------


def create_rotation(_logical_id: str, properties: Json, _stack_name: str) -> Created:
    """Create a rotation schedule. Secrets Manager tries the step testSecret; ValueError if that fails."""
    _, secret = secretsmanager._resolve(properties["SecretId"])
    function = properties["RotationLambdaARN"]
    secret |= {"RotationEnabled": True, "RotationLambdaARN": function, "RotationRules": properties["RotationRules"]}
    run_steps(secret["ARN"], function, str(uuid.uuid4()), "testSecret")
    return secret["ARN"], {}


def rotate_secret(request: Json) -> Answer:
    """Start a rotation, as RotateSecret does."""
    _, secret = secretsmanager._resolve(request["SecretId"])
    version = request["ClientRequestToken"]
    run = contextvars.copy_context().run  # it has the account and the region
    steps = run_steps, secret["ARN"], secret["RotationLambdaARN"], version, *STEPS
    threading.Thread(target=run, args=steps, daemon=True).start()
    body = {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version}
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()


def run_steps(secret: str, function: str, version: str, *steps: str) -> None:
    """Call the rotation function for each step; ValueError if one fails."""
    record = lambda_svc._execution_record_for_config(*lambda_svc._get_func_record_for_ref(function)[:2])
    for step in steps:
        event = {"Step": step, "SecretId": secret, "ClientRequestToken": version}
        result = lambda_svc._execute_function_with_config_scope(record, event)
        if result.get("error"):
            raise ValueError(f"rotation of {secret}: {step} failed: {json.dumps(result['body'])}")


# -- CodeDeploy ---------------------------------------------------------------------------


def update_alias(physical_id: str, old: Json, new: Json, stack_name: str, logical_id: str) -> Created:
    """Update an alias, by CodeDeploy if it has such a policy; ValueError if an alarm stops that."""
    stack = _stacks[stack_name]
    policy = stack["_template"]["Resources"].get(logical_id, {}).get("UpdatePolicy", {})
    if "CodeDeployLambdaAliasUpdate" in policy and "ROLLBACK" not in stack["StackStatus"]:
        group = stack["_resources"][policy["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]]["Properties"]
        if "AllAtOnce" not in group["DeploymentConfigName"]:
            alias = lambda_svc._functions[new["FunctionName"]]["aliases"][new["Name"]]
            _canary(alias, new["FunctionVersion"], group)
    updated: Created = _ours[ALIAS]["update"](physical_id, old, new, stack_name, logical_id)
    return updated


def _canary(alias: Json, version: str, group: Json) -> None:
    """Send a tenth of the calls to a version, until the group's alarm gets a state, or for the minutes of its name."""
    (alarm,) = (one["Name"] for one in group["AlarmConfiguration"]["Alarms"])
    minutes = re.search(r"(\d+)Minutes?$", group["DeploymentConfigName"])
    deadline = time.monotonic() + 60 * int(minutes[1] if minutes else 0)
    watched = cloudwatch._alarms[alarm]
    watched["StateValue"] = "INSUFFICIENT_DATA"
    alias["RoutingConfig"] = {"AdditionalVersionWeights": {version: 0.1}}
    while watched["StateValue"] == "INSUFFICIENT_DATA" and time.monotonic() < deadline:
        time.sleep(0.05)
    del alias["RoutingConfig"]
    if watched["StateValue"] == "ALARM":
        raise ValueError(f"CodeDeploy rolled the deployment back: the alarm {alarm} went off")
