"""The stack itself, its API, and what watches it."""

import re
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from gatehouse_dev.doctor.deployment import Deployment
from gatehouse_dev.doctor.findings import Findings, ok, problem, warning
from gatehouse_dev.doctor.http_probe import Unreachable, send

RUNBOOK = "docs/runbook.md"
FEW = 100  # Lambda keeps so many unreserved; accounts begin with 10
CONCURRENCY_QUOTA = "L-B99A9384"  # Lambda's "Concurrent executions"
ENDED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE")


def state(deployment: Deployment) -> Findings:
    """Whether CloudFormation finished."""
    name, status = deployment.name, deployment.status
    if status in ENDED_WELL:
        yield ok(f"{name} is deployed ({status}).")
    elif status == "UPDATE_ROLLBACK_COMPLETE":
        reason = _first_failure(deployment)
        mending = _mending(deployment, reason) or ("Mend that",)
        yield warning(f"The last update of {name} was rolled back: {reason}", *mending, deployment.deploy)
    elif status == "UPDATE_ROLLBACK_FAILED":
        again = deployment.aws(f"cloudformation continue-update-rollback --stack-name {name}")
        yield problem(f"{name} is stuck ({status}): {_first_failure(deployment)}", again)
    elif status == "REVIEW_IN_PROGRESS":
        yield problem(f"The first change set of {name} was not executed.", deployment.deploy)
    elif status.endswith("_IN_PROGRESS"):
        yield warning(
            f"{name} is being changed ({status}): some of the findings below will pass.", "Wait, and ask again"
        )
    else:
        reason = _first_failure(deployment)
        deletion = f".venv/bin/sam delete --stack-name {name} --region {deployment.region}"
        steps = (*_mending(deployment, reason), deletion, deployment.deploy)
        yield problem(f"{name} is not usable ({status}): {reason}", *steps)


def _first_failure(deployment: Deployment) -> str:
    """Return the reason that CloudFormation gives for the latest failure, the resource first that caused it."""
    events = deployment.client("cloudformation").describe_stack_events(StackName=deployment.name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    causes = [event for event in failed if "cancelled" not in event.get("ResourceStatusReason", "")]
    if not causes:
        return "its events give no reason."
    cause = causes[-1]  # the latest event is the first
    return f"{cause['LogicalResourceId']}: {cause.get('ResourceStatusReason', cause['ResourceStatus'])}"


def _mending(deployment: Deployment, reason: str) -> tuple[str, ...]:
    """Return the step that mends a failure, if there is one: SES has each identity once, perhaps of another stage."""
    if reason.startswith("MailIdentity: ") and "already exists" in reason:
        return deployment.set("CreateMailIdentity=false")[:1]
    return ()


def certificate(deployment: Deployment) -> Findings:
    """Whether the certificate of `DomainName` is issued."""
    name = deployment.parameter("DomainName")
    if not name:
        return
    try:
        arn = deployment.parameter("CertificateArn") or deployment.resource("Certificate")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        arn = ""
    if not arn:
        yield problem(f"The stack has no certificate for {name} yet.", deployment.deploy)
        return
    found = deployment.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    if found["Status"] == "ISSUED":
        yield ok(f"The certificate of {name} is issued.")
        return
    records = [one["ResourceRecord"] for one in found.get("DomainValidationOptions", ()) if "ResourceRecord" in one]
    if found["Status"] == "PENDING_VALIDATION":
        yield problem(
            f"The certificate of {name} waits for a DNS record; until then no deployment ends.",
            *(f"Add to DNS: {record['Name']} {record['Type']} {record['Value']}" for record in records),
        )
    else:
        renewed = f"Request another one for {name}, and set CertificateArn, or leave that empty"
        yield problem(f"The certificate of {name} is not usable ({found['Status']}).", renewed, deployment.deploy)


def health(deployment: Deployment) -> Findings:
    """Whether the API answers at its own address."""
    url = deployment.api_url
    if not url:
        yield problem("The stack has no output ApiUrl: it is not deployed yet, or not Gatehouse.", deployment.deploy)
        return
    try:
        answer = send("GET", f"{url}/health")
    except Unreachable as error:
        yield problem(str(error), *_way_to(deployment, error.kind))
        return
    if answer.json.get("status") == "ok":
        yield ok(f"{url}/health answers.")
        return
    code = answer.json.get("code") or answer.json.get("message") or "no JSON"
    log = deployment.aws(f"logs tail {_log_group(deployment)} --since 10m")
    yield problem(f"{url}/health answers {answer.status} ({code}).", "make dev" if deployment.is_local else log)


def _log_group(deployment: Deployment) -> str:
    try:
        return deployment.resource("Logs")
    except ClientError:
        return "GROUP"


def _way_to(deployment: Deployment, kind: str) -> tuple[str, ...]:
    name, target = deployment.parameter("DomainName"), deployment.outputs.get("DomainTarget", "")
    if deployment.is_local:
        return ("make dev",)
    if name and kind == "dns":
        return (f"Add to DNS: {name} CNAME {target}",) if target else (deployment.deploy,)
    if name and kind == "tls":
        shown = f"apigatewayv2 get-domain-name --domain-name {name}"
        return (f"Point {name} at {target or 'the output DomainTarget'}", deployment.aws(shown))
    return ("Check your own network, then ask again",)


def public_url(deployment: Deployment) -> Findings:
    """Whether `BaseUrl`, which mailed links and providers get, is the address that answers."""
    base, name = deployment.parameter("BaseUrl").rstrip("/"), deployment.parameter("DomainName")
    if name and not base:
        yield problem(
            f"BaseUrl is empty, so links have the address of each request, not always {name}.",
            *deployment.set(f"BaseUrl=https://{name}"),
        )
    elif not base or base == deployment.api_url:
        yield ok(f"Links and providers get {deployment.public_url}, the API's own address.")
    else:
        yield from _other_url(deployment, base)


def _other_url(deployment: Deployment, base: str) -> Findings:
    """Check a `BaseUrl` that is not the API's own: a CDN, or a frontend that passes requests on."""
    mended = deployment.set(f"BaseUrl={deployment.api_url}")
    try:
        answer = send("GET", f"{base}/api/auth/ok")
    except Unreachable as error:
        yield problem(f"BaseUrl is {base}, and {error}", *mended)
        return
    if answer.json.get("ok") is True:
        yield ok(f"Links and providers get {base}, which leads to the API.")
    else:
        yield problem(f"BaseUrl is {base}, which answers {answer.status} to /api/auth/ok: it is not this API.", *mended)


def concurrency(deployment: Deployment) -> Findings:
    """Whether Lambda runs enough functions at once."""
    limit = deployment.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit >= FEW:
        yield ok(f"Lambda runs {limit} functions at once in this account.")
        return
    more = f"service-quotas request-service-quota-increase --service-code lambda --quota-code {CONCURRENCY_QUOTA}"
    yield warning(
        f"Lambda runs only {limit} functions at once in this account: more requests get 503.",
        deployment.aws(f"{more} --desired-value 1000"),
    )


def alarm_email(deployment: Deployment) -> Findings:
    """Whether somebody gets the alarms."""
    email, topic = deployment.parameter("AlarmEmail"), deployment.outputs.get("AlarmTopic", "")
    if not topic:
        yield problem("The stack has no output AlarmTopic: it is not deployed yet.", deployment.deploy)
        return
    found = deployment.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    pending = [one["Endpoint"] for one in found if one["SubscriptionArn"] == "PendingConfirmation"]
    confirmed = [one["Endpoint"] for one in found if one["Endpoint"] not in pending]
    if confirmed:
        yield ok(f"Alarms go to {', '.join(confirmed)}.")
    for endpoint in pending:
        again = f"sns subscribe --topic-arn {topic} --protocol email --notification-endpoint {endpoint}"
        yield problem(
            f"{endpoint} has not confirmed the subscription of alarms.",
            "Open the link in the mail of AWS Notifications; for another mail:",
            deployment.aws(again),
        )
    if not found:
        address = email or "you@example.com"
        yield warning("Nobody gets alarms.", *deployment.set(f"AlarmEmail={address}"))


def alarms(deployment: Deployment) -> Findings:
    """Which alarms went off."""
    pages = deployment.client("cloudwatch").get_paginator("describe_alarms")
    found = {
        named[1]: alarm
        for page in pages.paginate(AlarmNamePrefix=f"{deployment.name}-", StateValue="ALARM")
        for alarm in page["MetricAlarms"]
        # Logical ids have no hyphen: with more of them it is an alarm of another stack, whose name begins the same.
        if (named := re.fullmatch(rf"{re.escape(deployment.name)}-(\w+)-\w+", alarm["AlarmName"]))
    }
    for logical, alarm in found.items():
        description = alarm.get("AlarmDescription", "").partition(" See docs/")[0]
        yield problem(f"The alarm {logical} went off. {description}".strip(), f"{RUNBOOK}, under {logical}")
    if not found:
        yield ok("No alarm is on.")


def rotation(deployment: Deployment) -> Findings:
    """Whether the secret's rotation works."""
    secret: Any = deployment.client("secretsmanager").describe_secret(SecretId=deployment.resource("Secret"))
    rotate = f"gatehouse keys rotate {deployment.target}"
    stages = [set(stages) for stages in secret.get("VersionIdsToStages", {}).values()]
    due = secret.get("NextRotationDate")
    if not secret.get("RotationEnabled"):
        yield warning("The secret is not rotated: somebody turned it off.", deployment.deploy)
    elif {"AWSPENDING"} in stages:
        yield problem("The last rotation of the secret did not end; the keys before it are still in use.", rotate)
    elif due and due < datetime.now(UTC):
        yield warning(f"The secret should have been rotated by {due:%Y-%m-%d}.", rotate)
    else:
        yield ok(f"The secret is rotated{f', next by {due:%Y-%m-%d}' if due else ''}.")
