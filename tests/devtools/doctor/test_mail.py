"""SES' account, the sender, and mails that were not sent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.devtools.doctor.conftest import SENDS, TOKENS, UNVERIFIED, VERIFIED, Examine
from tests.support import deployed_stack
from tests.support.aws_failures import client_error
from tests.support.deployed_stack import REGION, STACK, StandIn, client, physical


@pytest.mark.parametrize(
    ("account", "level", "words"),
    [
        ({"ProductionAccessEnabled": False}, "problem", "is in the sandbox of SES"),
        (
            {"ProductionAccessEnabled": False, "Details": {"ReviewDetails": {"Status": "PENDING"}}},
            "problem",
            "Production access is requested.",
        ),
        ({"SendingEnabled": False}, "problem", "SES sends nothing for this account"),
        ({"EnforcementStatus": "SHUTDOWN"}, "problem", "(status SHUTDOWN)"),
        ({"EnforcementStatus": "PROBATION"}, "warning", "SES reviews this account."),
    ],
)
def test_the_ses_account_is_examined(
    examine: Examine, api: StandIn, account: dict[str, Any], level: str, words: str
) -> None:
    deployed_stack.create(api.url)

    ((found, message, _),) = examine(GetAccount=SENDS | account).of("mail account")

    assert (found, words in message) == (level, True), message


def test_quotas_of_ses_are_compared(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)
    quota = {"Max24HourSend": 200.0, "SentLast24Hours": 170.0, "MaxSendRate": 10.0}

    _, sent, rate = examine(GetAccount=SENDS | {"SendQuota": quota}).of("mail account")

    assert (sent[0], sent[1]) == ("warning", "170 of 200 mails were sent in the last 24 hours.")
    assert (rate[0], '"MailRate=9"' in rate[2][0]) == ("warning", True)


def known(**identities: dict[str, Any]) -> Callable[..., Any]:
    """Return SES' answers about identities; it does not know others."""
    names = {name.replace("_at_", "@").replace("_", "."): found for name, found in identities.items()}
    return lambda EmailIdentity: names.get(EmailIdentity, client_error("NotFoundException"))  # noqa: N803 -- AWS's


def test_dkim_that_is_not_verified_shows_the_records(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)

    ((level, message, remedy),) = examine(GetEmailIdentity=UNVERIFIED).of("sender")

    assert (level, message) == ("problem", "DKIM of example.com is not verified (PENDING): no mail goes out.")
    assert remedy == [f"Add to DNS: {one}._domainkey.example.com CNAME {one}.dkim.amazonses.com" for one in TOKENS]


def test_dkim_records_are_in_the_zone_that_ses_names(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)
    zone = {"SigningHostedZone": "dkim.eu-central-1.amazonses.com"}
    regional = UNVERIFIED | {"DkimAttributes": UNVERIFIED["DkimAttributes"] | zone}

    ((_, _, remedy),) = examine(GetEmailIdentity=regional).of("sender")

    assert remedy[0] == "Add to DNS: aaa._domainkey.example.com CNAME aaa.dkim.eu-central-1.amazonses.com"


@pytest.mark.parametrize(
    ("identities", "level", "words"),
    [
        ({"mail_example_com": VERIFIED}, "ok", "mail.example.com is verified"),
        ({"example_com": VERIFIED}, "ok", "example.com is verified"),
        ({"no-reply_at_mail_example_com": VERIFIED}, "warning", "knows no-reply@mail.example.com alone"),
        ({"no-reply_at_mail_example_com": UNVERIFIED}, "problem", "no-reply@mail.example.com is not verified"),
        ({}, "problem", "has no identity for no-reply@mail.example.com"),
    ],
)
def test_an_identity_that_was_there_before_is_found(
    examine: Examine, api: StandIn, identities: Any, level: str, words: str
) -> None:
    """The domain's, one above it, or the address's own."""
    deployed_stack.create(api.url, MailFrom="no-reply@mail.example.com")

    ((found, message, _),) = examine(GetEmailIdentity=known(**identities)).of("sender")

    assert (found, words in message) == (level, True), message


def test_dkim_that_is_off_is_a_warning(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)
    unsigned = VERIFIED | {"DkimAttributes": VERIFIED["DkimAttributes"] | {"SigningEnabled": False}}

    assert examine(GetEmailIdentity=unsigned).of("sender")[0][0] == "warning"


def put_mail(state: str, age: timedelta) -> None:
    """Put a mail into the outbox."""
    at = str(round((datetime.now(UTC) - age).timestamp() * 1000))
    item = {"subject": {"S": f"{state} {at}"}, "mail_state": {"S": state}, "created_at": {"N": at}}
    client("dynamodb").put_item(TableName=physical("TokensTable"), Item=item)


def test_failed_and_stuck_mails_are_counted(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)
    put_mail("pending", timedelta(minutes=1))
    put_mail("sent", timedelta(days=1))
    assert examine().of("mails") == [("ok", "No mail failed, and 1 are on their way.", [])]

    put_mail("failed", timedelta(minutes=1))
    put_mail("sending", timedelta(hours=2))
    ((level, message, remedy),) = examine().of("mails")

    assert (level, message) == ("problem", "1 mails failed, and 1 have been waiting for over an hour.")
    assert remedy[-1] == f"gatehouse mail redrive --stack {STACK} --region {REGION}"


def test_suppressed_addresses_are_named(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url)
    bounced = {"EmailAddress": "you@example.com", "Reason": "BOUNCE", "LastUpdateTime": datetime.now(UTC)}

    ((level, message, remedy),) = examine(ListSuppressedDestinations={"SuppressedDestinationSummaries": [bounced]}).of(
        "suppressed"
    )

    assert (level, "you@example.com" in message) == ("warning", True)
    assert remedy[1].startswith("aws sesv2 delete-suppressed-destination --email-address you@example.com")
