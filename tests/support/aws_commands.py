"""Calls of the AWS CLI, compared with botocore's description of the services."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name

CUSTOM = {"logs tail", "configure", "sso login"}  # commands of the CLI's own
RENAMED = {"sns subscribe": {"--notification-endpoint"}}  # by the CLI
FOR_EVERY_COMMAND = {"--query", "--output", "--region", "--profile"}
CALL = re.compile(r"(?:^|\$\()aws ([a-z0-9-]+)(?: ([a-z-]+)((?: [^|;)]*)?))?")


def problems(line: str) -> Iterator[str]:
    """Yield what is wrong with each call in a line of a shell."""
    for service, name, rest in CALL.findall(line):
        options = set(re.findall(r"(?<!\S)--[a-z0-9-]+", rest))
        if service not in CUSTOM and f"{service} {name}" not in CUSTOM and (found := _problem(service, name, options)):
            yield f"aws {service} {name}: {found}"


@cache
def _client(service: str) -> Any:
    return botocore.session.get_session().create_client(service, "us-east-1")


def _problem(service: str, name: str, options: set[str]) -> str:
    if service not in botocore.session.get_session().get_available_services():
        return "no such service"
    if name == "wait":
        return ""
    known = {xform_name(one, "-"): one for one in _client(service).meta.service_model.operation_names}
    if name not in known:
        return "no such command"
    shape = _client(service).meta.service_model.operation_model(known[name]).input_shape
    allowed = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else ())}
    allowed |= FOR_EVERY_COMMAND | RENAMED.get(f"{service} {name}", set())
    unknown = {one for one in options if one not in allowed and one.replace("--no-", "--", 1) not in allowed}
    return f"no option {', '.join(sorted(unknown))}" if unknown else ""
