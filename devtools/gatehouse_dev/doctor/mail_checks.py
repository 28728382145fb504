"""Mail: the SES account, the sender, and mails that were not sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from gatehouse_dev.doctor.deployment import Deployment
from gatehouse_dev.doctor.findings import Finding, Findings, ok, problem, warning

STUCK = timedelta(hours=1)  # as for `gatehouse mail redrive`
NEARLY = 0.8  # of the mails that SES sends in a day
DKIM_ZONE = "dkim.amazonses.com"
SHOWN = 5


def account(deployment: Deployment) -> Findings:
    """Whether SES sends mail of this account to anybody."""
    found = deployment.client("sesv2").get_account()
    quota = found.get("SendQuota", {})
    if not found.get("SendingEnabled", True) or found.get("EnforcementStatus") == "SHUTDOWN":
        yield problem(
            f"SES sends nothing for this account in {deployment.region} (status {found.get('EnforcementStatus')}).",
            "SES console → Account dashboard: answer the review",
            deployment.aws("sesv2 put-account-sending-attributes --sending-enabled"),
        )
        return
    if not found.get("ProductionAccessEnabled"):
        yield _sandbox(deployment, found.get("Details", {}).get("ReviewDetails", {}).get("Status", ""))
        return
    if found.get("EnforcementStatus") == "PROBATION":
        yield warning("SES reviews this account.", "SES console → Account dashboard: answer the review")
    else:
        yield ok(f"SES sends to anybody, {_count(quota.get('Max24HourSend', -1))} mails a day.")
    yield from _quota(deployment, quota)


def _sandbox(deployment: Deployment, review: str) -> Finding:
    verify = deployment.aws("sesv2 create-email-identity --email-identity you@example.com")
    until = (f"Until then, verify each address that you try: {verify}",)
    sandbox = f"The account is in the sandbox of SES in {deployment.region}: mail to unverified addresses is refused"
    if review == "PENDING":
        return problem(f"{sandbox}. Production access is requested.", "Wait for SES, about a day", *until)
    request = (
        "sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL "
        "--website-url https://example.com --use-case-description "
        "'Verification, password reset and reminders on request; bounces end mail to an address'"
    )
    refused = ". The last request was denied." if review == "DENIED" else "."
    return problem(f"{sandbox}{refused}", deployment.aws(request), *until)


def _quota(deployment: Deployment, quota: dict[str, float]) -> Findings:
    most, sent, rate = (quota.get(name, -1) for name in ("Max24HourSend", "SentLast24Hours", "MaxSendRate"))
    if most > 0 and sent >= NEARLY * most:
        more = "SES console → Account dashboard → Request a limit increase"
        yield warning(f"{_count(sent)} of {_count(most)} mails were sent in the last 24 hours.", more)
    ours = deployment.parameter("MailRate")
    if rate > 0 and ours and float(ours) >= rate:
        yield warning(
            f"MailRate is {ours}, and SES takes {_count(rate)} mails a second: some are sent later.",
            *deployment.set(f"MailRate={max(1, int(rate) - 1)}"),
        )


def _count(number: float) -> str:
    return "any number of" if number < 0 else f"{number:g}"


def sender(deployment: Deployment) -> Findings:
    """Whether SES knows the sender's domain, or the address, and DKIM is verified."""
    address = deployment.parameter("MailFrom")
    domain = address.rpartition("@")[2]
    for name in _identities(address):
        found = _identity(deployment, name)
        if found:
            yield from _verified(deployment, name, found)
            return
    yield problem(
        f"SES in {deployment.region} has no identity for {address}: no mail goes out.",
        deployment.aws(f"sesv2 create-email-identity --email-identity {domain}"),
    )


def _identities(address: str) -> Iterator[str]:
    """Yield the names under which SES may know a sender: the domain, a domain above it, or the address."""
    labels = address.rpartition("@")[2].split(".")
    yield from (".".join(labels[index:]) for index in range(len(labels) - 1))
    yield address


def _identity(deployment: Deployment, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = deployment.client("sesv2").get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    return found


def _verified(deployment: Deployment, name: str, found: dict[str, Any]) -> Findings:
    dkim = found.get("DkimAttributes", {})
    status, zone = dkim.get("Status", "NOT_STARTED"), dkim.get("SigningHostedZone") or DKIM_ZONE
    if "@" in name:
        yield from _verified_address(deployment, name, verified=found.get("VerifiedForSendingStatus", False))
    elif status == "SUCCESS" and dkim.get("SigningEnabled", True):
        yield ok(f"{name} is verified at SES, with DKIM.")
    elif status == "SUCCESS":
        signing = deployment.aws(f"sesv2 put-email-identity-dkim-attributes --email-identity {name} --signing-enabled")
        yield warning(f"DKIM of {name} is turned off: mails may be taken for spam.", signing)
    else:
        records = [f"Add to DNS: {one}._domainkey.{name} CNAME {one}.{zone}" for one in dkim.get("Tokens", ())]
        shown = deployment.aws(f"sesv2 get-email-identity --email-identity {name}")
        waits = "no mail goes out" if not found.get("VerifiedForSendingStatus") else "mails are not signed"
        yield problem(f"DKIM of {name} is not verified ({status}): {waits}.", *(records or [shown]))


def _verified_address(deployment: Deployment, address: str, *, verified: bool) -> Findings:
    if not verified:
        again = deployment.aws(f"sesv2 create-email-identity --email-identity {address}")
        opened = "Open the link in the mail of AWS; for another mail, delete the identity and create it again:"
        yield problem(f"{address} is not verified at SES: no mail goes out.", opened, again)
        return
    domain = address.rpartition("@")[2]
    yield warning(
        f"SES knows {address} alone, so mails have no DKIM signature of {domain} and may be taken for spam.",
        deployment.aws(f"sesv2 create-email-identity --email-identity {domain}"),
    )


def outbox(deployment: Deployment) -> Findings:
    """Whether mails failed or are stuck; reads the first MB of the table of tokens."""
    page = deployment.client("dynamodb").scan(
        TableName=deployment.resource("TokensTable"),
        FilterExpression="mail_state IN (:failed, :pending, :sending)",
        ProjectionExpression="mail_state, created_at",
        ExpressionAttributeValues={f":{name}": {"S": name} for name in ("failed", "pending", "sending")},
    )
    before = (datetime.now(UTC) - STUCK).timestamp() * 1000
    failed = [row for row in page["Items"] if row["mail_state"]["S"] == "failed"]
    stuck = [row for row in page["Items"] if row not in failed and float(row["created_at"]["N"]) < before]
    redrive = f"gatehouse mail redrive {deployment.target}"
    if failed or stuck:
        yield problem(
            f"{len(failed)} mails failed, and {len(stuck)} have been waiting for over an hour.",
            "Mend what is above first; the log of SendMail has the reason",
            redrive,
        )
    else:
        yield ok(f"No mail failed, and {len(page['Items'])} are on their way.")


def suppressed(deployment: Deployment) -> Findings:
    """Whether SES suppresses addresses after bounces."""
    found = deployment.client("sesv2").list_suppressed_destinations(PageSize=SHOWN + 1)[
        "SuppressedDestinationSummaries"
    ]
    if not found:
        yield ok("SES suppresses no address of this account.")
        return
    addresses = [one["EmailAddress"] for one in found[:SHOWN]]
    several = f"{', '.join(addresses)}{' and more' if len(found) > SHOWN else ''}"
    yield warning(
        f"SES sends nothing to {several}, because of a bounce or complaint.",
        "For an address that works again:",
        deployment.aws(f"sesv2 delete-suppressed-destination --email-address {addresses[0]}"),
        f"gatehouse users allow-mail {addresses[0]} {deployment.target}",
    )
