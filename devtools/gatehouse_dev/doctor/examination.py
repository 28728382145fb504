"""All checks, in the order in which a new owner meets what they are about."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 -- botocore's

from gatehouse_dev.doctor import browser_checks, mail_checks, provider_checks, stack_checks
from gatehouse_dev.doctor.deployment import IMPATIENT, Deployment, account, deployed, local_deployment, session
from gatehouse_dev.doctor.findings import Finding, Findings, Level, ok, problem, warning
from gatehouse_dev.doctor.http_probe import Unreachable

AGAIN = "Ask again in a minute"
ACTION = re.compile(r"not authorized to perform:? (\w+:\w+)")
PERMISSIONS = "docs/operating.md lists the permissions that doctor needs, under IAM permissions"
DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
)
NOBODY = Deployment(name="", region="", client=lambda _: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check, whether it can be made of an account without a stack, and of the local service, and whether it needs the
    URL of the API.
    """

    name: str
    run: Callable[[Deployment], Findings]
    of_account: bool = False
    of_local: bool = False
    of_url: bool = False


CHECKS = (
    Check(name="stack", run=stack_checks.state),
    Check(name="certificate", run=stack_checks.certificate),
    Check(name="api", run=stack_checks.health, of_local=True),
    Check(name="public url", run=stack_checks.public_url, of_local=True, of_url=True),
    Check(name="concurrency", run=stack_checks.concurrency, of_account=True),
    Check(name="mail account", run=mail_checks.account, of_account=True),
    Check(name="sender", run=mail_checks.sender),
    Check(name="mails", run=mail_checks.outbox, of_local=True),
    Check(name="suppressed", run=mail_checks.suppressed, of_account=True),
    Check(name="cors", run=browser_checks.cors, of_local=True, of_url=True),
    Check(name="cookies", run=browser_checks.cookies, of_local=True, of_url=True),
    Check(name="providers", run=provider_checks.providers, of_local=True, of_url=True),
    Check(name="alarm email", run=stack_checks.alarm_email),
    Check(name="alarms", run=stack_checks.alarms),
    Check(name="rotation", run=stack_checks.rotation),
)


def examine_local(environ: Mapping[str, str]) -> Findings:
    """Examine the service of `make dev`: what does not depend on AWS. Raises TemplateError for invalid settings."""
    deployment = local_deployment(environ)
    for check in CHECKS:
        if check.of_local:
            yield from _made(check, deployment)


def examine(stack: str, region: str | None) -> Findings:
    """Examine a stack; where there is none, its account."""
    made = session(region)
    caller = list(_made(Check(name="credentials", run=lambda _: _caller(made)), NOBODY))
    yield from caller
    if any(finding.level is Level.PROBLEM for finding in caller):
        return
    examined = account(made, str(made.get_config_variable("region")))
    found: list[Deployment] = []
    yield from _made(Check(name="stack", run=lambda _: _found(made, stack, examined.region, found)), examined)
    for check in CHECKS:
        if check.of_account or (found and (found[0].api_url or not check.of_url)):
            yield from _made(check, found[0] if found else examined)


def _caller(made: botocore.session.Session) -> Findings:
    """Check region and credentials."""
    try:
        region = made.get_config_variable("region")
        if not region:
            yield problem("No region is set.", "export AWS_DEFAULT_REGION=…, or use --region")
            return
        tokens: Any = made.create_client("sts", region, config=IMPATIENT)
        arn = tokens.get_caller_identity()["Arn"]
    except (ConnectionError, HTTPClientError):
        raise
    except (BotoCoreError, ClientError) as error:
        yield problem(f"Your AWS credentials do not work: {error}", "aws configure, or: aws sso login")
        return
    yield ok(f"You are {arn}, in {region}.")


def _found(made: botocore.session.Session, stack: str, region: str, found: list[Deployment]) -> Findings:
    """Find the stack; yields nothing when it is there."""
    try:
        deployment = deployed(made, region, stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        wanted = f"gatehouse doctor --stack {stack} --region …"
        yield problem(
            f"There is no stack {stack} in {region}.", "make deploy STAGE=…", f"Or in another region: {wanted}"
        )
        return
    if "MailFrom" not in deployment.parameters:
        yield problem(
            f"The stack {stack} is not Gatehouse: it has no parameter MailFrom.", "aws cloudformation list-stacks"
        )
        return
    found.append(deployment)


def _made(check: Check, deployment: Deployment) -> Findings:
    """Make a check; what keeps it from being made is a finding."""
    try:
        for finding in check.run(deployment):
            yield replace(finding, check=check.name)
    except Unreachable as error:
        yield replace(warning(f"Not checked: {error}"), check=check.name)
    except ClientError as error:
        yield replace(_denied(error), check=check.name)
    except BotoCoreError as error:
        yield replace(problem(f"Not checked: {error}", AGAIN), check=check.name)


def _denied(error: ClientError) -> Finding:
    details = error.response["Error"]
    message = details.get("Message", "")
    if details["Code"] in DENIED:
        action = ACTION.search(message)
        return problem(f"Not checked: you lack {action[1] if action else error.operation_name}.", PERMISSIONS)
    return problem(f"Not checked, because AWS answered {details['Code']}: {message}", AGAIN)
