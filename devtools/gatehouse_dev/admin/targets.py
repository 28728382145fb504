"""The tool's target: a deployed stack, or the local service."""

import getpass
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

from gatehouse_dev.environment import EXCLUDED_VARIABLES
from gatehouse_dev.template import load, local_parameters

FUNCTIONS = ("SignUp", "EraseUser", "EnableTwoFactor")  # together they have every variable that is needed here
ENDPOINT = "http://localhost:4566"


class OperatorError(Exception):  # exceptions are named for what happened
    """The command cannot be completed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target: the environment of its functions, the operator's identity, and the URL for mailed links."""

    name: str
    environment: Mapping[str, str]
    actor: Callable[[], str]
    base_url: str
    is_local: bool


def local_target(environ: Mapping[str, str]) -> Target:
    """Return the service that `make dev` runs, through its AWS endpoint, with dummy credentials."""
    endpoint = environ.get("AWS_ENDPOINT_URL") or ENDPOINT
    template = load(parameters=local_parameters(environ, int(environ.get("PORT", "3000"))))
    mine = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return Target(
        name=f"local service at {endpoint}",
        environment=mine | template.environment() | EXCLUDED_VARIABLES | {"AWS_ENDPOINT_URL": endpoint},
        actor=lambda: f"local:{getpass.getuser()}",
        base_url=template.parameters["BaseUrl"],
        is_local=True,
    )


def deployed_target(stack: str, region: str | None) -> Target:
    """Return a stack in the caller's account; raises OperatorError for another kind, and what botocore raises."""
    session = botocore.session.get_session()
    if region:
        session.set_config_variable("region", region)
    cloudformation: Any = session.create_client("cloudformation")
    (description,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", ())}
    variables = _variables(session, cloudformation, stack)
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}
    return Target(
        name=f"stack {stack}",
        environment={**os.environ, **variables, **regions, "GATEHOUSE_TRACING": "Disabled"},
        actor=lambda: _caller_arn(session),
        base_url=variables.get("GATEHOUSE_BASE_URL") or outputs.get("ApiUrl", ""),
        is_local=False,
    )


def _caller_arn(session: botocore.session.Session) -> str:
    tokens: Any = session.create_client("sts")
    return str(tokens.get_caller_identity()["Arn"])


def _variables(session: botocore.session.Session, cloudformation: Any, stack: str) -> dict[str, str]:
    functions: Any = session.create_client("lambda")
    variables: dict[str, str] = {}
    for function in FUNCTIONS:
        try:
            found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=function)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise OperatorError(f"The stack {stack} is not Gatehouse: it has no function {function}.") from None
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        variables |= functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    return variables
