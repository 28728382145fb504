"""Where the tool works: at a deployed stack, or at the service that runs on this machine."""

import getpass
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

from gatehouse_dev.surroundings import NEVER_THE_DEVELOPERS_OWN
from gatehouse_dev.template import load, local_parameters

FUNCTIONS = ("SignUp", "EraseUser")  # between them they have every variable that is needed here
ENDPOINT = "http://localhost:4566"


class Stopped(Exception):  # the project names exceptions for what happened
    """One sentence that says why nothing more is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The environment that functions have there, who is working, and the URL that mailed links lead to."""

    name: str
    environment: Mapping[str, str]
    actor: Callable[[], str]
    base_url: str
    is_local: bool


def local(environ: Mapping[str, str]) -> Place:
    """What `make dev` runs, by its AWS endpoint; nobody's own credentials go there."""
    endpoint = environ.get("AWS_ENDPOINT_URL") or ENDPOINT
    template = load(parameters=local_parameters(environ, int(environ.get("PORT", "3000"))))
    mine = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return Place(
        name=f"local service at {endpoint}",
        environment=mine | template.environment() | NEVER_THE_DEVELOPERS_OWN | {"AWS_ENDPOINT_URL": endpoint},
        actor=lambda: f"local:{getpass.getuser()}",
        base_url=template.parameters["BaseUrl"],
        is_local=True,
    )


def deployed(stack: str, region: str | None) -> Place:
    """A stack in the account of the caller; Stopped when it is none of ours, else what botocore raises."""
    session = botocore.session.get_session()
    if region:
        session.set_config_variable("region", region)
    formation: Any = session.create_client("cloudformation")
    (description,) = formation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", ())}
    variables = _variables(session, formation, stack)
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}
    return Place(
        name=f"stack {stack}",
        environment={**os.environ, **variables, **regions, "GATEHOUSE_TRACING": "Disabled"},
        actor=lambda: _caller(session),
        base_url=variables.get("GATEHOUSE_BASE_URL") or outputs.get("ApiUrl", ""),
        is_local=False,
    )


def _caller(session: botocore.session.Session) -> str:
    tokens: Any = session.create_client("sts")
    return str(tokens.get_caller_identity()["Arn"])


def _variables(session: botocore.session.Session, formation: Any, stack: str) -> dict[str, str]:
    functions: Any = session.create_client("lambda")
    variables: dict[str, str] = {}
    for function in FUNCTIONS:
        try:
            found = formation.describe_stack_resource(StackName=stack, LogicalResourceId=function)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise Stopped(f"The stack {stack} is no Gatehouse: it has no function {function}.") from None
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        variables |= functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    return variables
