"""The operator's tool: mails, keys and deployed stacks."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moto.secretsmanager.models import secretsmanager_backends

from gatehouse_dev.admin.targets import FUNCTIONS
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.resource_names import ACCOUNT, REGION
from tests.devtools.operating.conftest import LOCAL, Tool
from tests.functions.mail.test_record_mail_feedback import bounce, send_events
from tests.support.audit_trail import audit_events
from tests.support.auth_calls import request_reset, sign_in, sign_up, verify
from tests.support.aws_failures import client_error, failing_calls
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.tables import rows

pytestmark = pytest.mark.xdist_group("operating")
FORGOT = "POST /api/auth/request-password-reset"


# -- Mails ----------------------------------------------------------------------------


def test_the_verification_mail_can_be_sent_again(tool: Tool, call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    user_id = sign_up(call, "ann@example.com").json["user"]["id"]
    first = mailbox.last.token

    result = tool("users resend", "ann@example.com")

    assert (result.code, result.out) == (0, "The verification mail to ann@example.com will be sent.\n")
    assert [mail.token for mail in mailbox.to("ann@example.com")] == [first, first]
    assert verify(call, mailbox.last.token).status == 200
    assert audit_events(cloud, user_id) == [("verification mail resent", LOCAL)]
    assert (
        tool("users resend", "ann@example.com").err == "ann@example.com has nothing to verify: the user is verified.\n"
    )


def test_a_failed_mail_is_sent_again(tool: Tool, call: Api, mailbox: Mailbox) -> None:
    sign_up(call, "ann@example.com")
    tokens = layer("tokens")
    next(tokens.TokenRow.scan()).update([tokens.TokenRow.mail_state.set("failed")])

    result = tool("mail redrive")

    assert (result.code, result.out) == (0, "The mail verify-email to ann@example.com will be sent again.\n")
    assert verify(call, mailbox.last.token).status == 200
    assert tool("mail redrive").out == "Nothing has failed, and nothing is stuck.\n"


@pytest.mark.parametrize("state", ["pending", "sending"])
def test_a_mail_unfinished_for_an_hour_is_sent_again(
    tool: Tool, call: Api, mailbox: Mailbox, advance_clock: Callable[..., None], state: str
) -> None:
    """The row is changed even if it was pending before: a write without a change creates no stream record."""
    tokens = layer("tokens")
    sign_up(call, "ann@example.com")
    row = next(tokens.TokenRow.scan())
    row.update([tokens.TokenRow.mail_state.set(state)])
    assert tool("mail redrive").out == "Nothing has failed, and nothing is stuck.\n"

    advance_clock(minutes=61)

    assert "verify-email" in tool("mail redrive").out
    touched = next(tokens.TokenRow.scan())
    assert touched.mail_state == "pending"
    assert touched.delete_at - row.delete_at == timedelta(seconds=1)
    assert verify(call, mailbox.last.token).status == 200


def test_sent_and_expired_mails_are_not_sent_again(
    tool: Tool, call: Api, mailbox: Mailbox, people: People, advance_clock: Callable[..., None]
) -> None:
    request_reset(call, mailbox, people.verified())
    sign_up(call, "bob@example.com")
    advance_clock(days=8)

    assert tool("mail redrive").out == "Nothing has failed, and nothing is stuck.\n"


def test_a_failed_erasure_is_ordered_again(tool: Tool, cloud: Cloud, ann: Person) -> None:
    erasures = layer("accounts.erasure_orders")
    tool("users delete", ann.email, "--yes")
    erasures.ErasureRow(ann.id).update([erasures.ErasureRow.erasure.set("failed"), erasures.ErasureRow.attempts.set(8)])

    result = tool("mail redrive")

    assert result.out == f"The erasure of {ann.id} will be retried.\n"
    (row,) = [row for row in rows(cloud, "TokensTable") if row["purpose"] == "erasure"]
    assert (row["erasure"], row["attempts"]) == ("pending", "0")
    assert audit_events(cloud, ann.id) == [("user deleted", LOCAL), ("erasure requeued", LOCAL)]


def test_an_undeliverable_address_can_be_enabled_again(
    tool: Tool, call: Api, cloud: Cloud, mailbox: Mailbox, ann: Person
) -> None:
    send_events(call, bounce("Permanent", ann.email))
    mailbox.deliver()
    call(FORGOT, json={"email": ann.email})
    before = mailbox.all
    assert "because of a bounce" in tool("users show", ann.email).out

    result = tool("users allow-mail", ann.id)

    assert (result.code, result.out.partition(" again ")[0]) == (0, "Mail to ann@example.com is allowed")
    assert audit_events(cloud, layer("tokens").email_subject(ann.email)) == [("mail allowed again", LOCAL)]
    call(FORGOT, json={"email": ann.email})
    assert [mail.to for mail in mailbox.all] == [*(mail.to for mail in before), ann.email]


def test_an_address_without_a_user_can_be_enabled_too(tool: Tool, call: Api) -> None:
    """The mail of a pending sign-up may have bounced."""
    send_events(call, bounce("Permanent", "bob@example.com"))

    assert tool("users allow-mail", "Bob@Example.com").code == 0
    assert tool("users allow-mail", "bob@example.com").err == "Mail to bob@example.com is allowed already.\n"


def test_all_addresses_of_a_domain_can_be_enabled_at_once(tool: Tool, call: Api, cloud: Cloud) -> None:
    addresses = ["ann@school.example", "bob@school.example", "eve@other-school.example", "eve@school.example.net"]
    for address in addresses:
        send_events(call, bounce("Permanent", address))

    result = tool("users allow-mail", "@School.example")

    assert (result.code, sorted(line.split()[2] for line in result.out.splitlines())) == (0, addresses[:2])
    assert sorted(row["subject"] for row in rows(cloud, "TokensTable")) == [f"EMAIL#{one}" for one in addresses[2:]]
    assert (
        tool("users allow-mail", "@school.example").err
        == "Mail to all addresses of @school.example is allowed already.\n"
    )


def test_a_domain_can_be_written_in_its_own_script(tool: Tool, call: Api) -> None:
    """Addresses are stored with its A-labels."""
    send_events(call, bounce("Permanent", "ann@xn--bcher-kva.example"))

    assert tool("users allow-mail", "@Bücher.example").code == 0
    assert "neither" in tool("users allow-mail", "@").err


def test_redriving_does_not_mistake_an_order_to_end_sessions_for_an_erasure(
    tool: Tool, call: Api, people: People, advance_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call
    monkeypatch.setattr(layer("accounts.trim_orders"), "ONE_IN", 1)
    people.signed_in()
    advance_clock(hours=2)

    assert tool("mail redrive").out == "Nothing has failed, and nothing is stuck.\n"


# -- Keys -----------------------------------------------------------------------------


def is_valid_cookie(call: Api, person: Person) -> bool:
    return call("GET /api/auth/get-session", cookies=[person.cookie]).json is not None


def test_a_rotation_keeps_sessions_and_a_second_one_needs_confirmation(
    tool: Tool, call: Api, cloud: Cloud, people: People, ann: Person
) -> None:
    result = tool("keys rotate")

    assert (result.code, result.out) == (0, "There is a new key; the previous one is still valid.\n")
    assert is_valid_cookie(call, ann)
    assert is_valid_cookie(call, people.sign_in(ann.email))
    assert ("keys rotated", LOCAL) in audit_events(cloud, "KEYRING")

    result = tool("keys rotate", confirmation="no")

    assert (result.code, result.err.splitlines()[-1]) == (1, "Type yes to continue: Nothing was changed.")
    assert is_valid_cookie(call, ann)
    assert tool("keys rotate", confirmation="yes").code == 0
    assert not is_valid_cookie(call, ann)


@pytest.mark.parametrize("confirmation", [None, "no"])
def test_an_emergency_rotation_needs_confirmation(tool: Tool, call: Api, ann: Person, confirmation: str | None) -> None:
    assert tool("keys rotate", "--emergency", confirmation=confirmation).code == 1
    assert is_valid_cookie(call, ann)


def test_an_emergency_rotation_ends_earlier_sessions(tool: Tool, call: Api, cloud: Cloud, ann: Person) -> None:
    assert "session  " in tool("users show", ann.email).out

    result = tool("keys rotate", "--emergency", "--yes")

    assert result.out.startswith("There is a new key; all earlier sessions, access and refresh tokens")
    layer("keys.keyring").clear_cache()  # another process
    assert "session  " not in tool("users show", ann.email).out
    assert not is_valid_cookie(call, ann)
    assert call("GET /api/tasks", bearer=ann.token).status == 401
    assert ("keys replaced", LOCAL) in audit_events(cloud, "KEYRING")


# -- A deployed stack -----------------------------------------------------------------


ROLE = {"Version": "2012-10-17", "Statement": []}


def deploy(cloud: Cloud, name: str, *functions: str) -> None:
    """Create a stack with these functions and their variables."""
    resources: dict[str, Any] = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": ROLE}},
    }
    for function in functions:
        declared = cloud.template.functions.get(function)
        properties = {
            "Handler": "handler.handler",
            "Runtime": "python3.13",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": "handler = None"},
            "Environment": {"Variables": (declared.environment if declared else {}) | {"GATEHOUSE_BASE_URL": ""}},
        }
        resources[function] = {"Type": "AWS::Lambda::Function", "Properties": properties}
    body = {
        "Resources": resources,
        "Outputs": {"ApiUrl": {"Value": "https://x.execute-api.us-east-1.amazonaws.com"}},
    }
    cloud.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(body))


@pytest.fixture(scope="module")
def stacks(running_cloud: Cloud) -> None:
    deploy(running_cloud, "gatehouse", *FUNCTIONS)
    deploy(running_cloud, "other", "Else")


DEPLOYED = ("--stack", "gatehouse", "--region", "us-east-1")


@pytest.mark.usefixtures("stacks")
def test_on_a_stack_the_actor_is_the_aws_caller(tool: Tool, call: Api, cloud: Cloud, ann: Person) -> None:
    result = tool("users disable", ann.email, "--yes", target=DEPLOYED)

    assert (result.code, result.err) == (0, "")
    assert sign_in(call, ann.email).status == 401
    assert audit_events(cloud, ann.id) == [("user disabled", "arn:aws:sts::123456789012:user/moto")]


@pytest.mark.usefixtures("stacks")
def test_on_a_stack_links_lead_to_its_api(tool: Tool, people: People, mailbox: Mailbox) -> None:
    email = people.verified()
    for row in layer("accounts").ProfileRow.scan(layer("accounts").ProfileRow.email == email):
        row.update([layer("accounts").ProfileRow.email_verified.set(False)])

    assert tool("users resend", email, target=DEPLOYED).code == 0

    assert mailbox.pending()[0]["dynamodb"]["NewImage"]["base_url"] == {
        "S": "https://x.execute-api.us-east-1.amazonaws.com"
    }


@pytest.mark.usefixtures("stacks")
def test_on_a_stack_secrets_manager_rotates(tool: Tool, cloud: Cloud) -> None:
    stored: Any = secretsmanager_backends[ACCOUNT][REGION].secrets[layer("config").config().secret]
    stored.remove_version_stages_from_old_versions(["AWSPENDING"])  # of another test's rotation
    with failing_calls(client_error("InvalidRequestException"), "RotateSecret") as attempted:
        result = tool("keys rotate", target=DEPLOYED)
    assert (attempted, result.code, result.out) == (["RotateSecret"], 1, "")

    result = tool("keys rotate", target=DEPLOYED)
    assert (result.out, result.err) == ("The rotation has started; it takes a minute.\n", "")
    assert audit_events(cloud, "KEYRING")[-1] == ("rotation started", "arn:aws:sts::123456789012:user/moto")
    secret = layer("config").config().secret  # moto calls no function, so the secret has no value
    cloud.client("secretsmanager").put_secret_value(
        SecretId=secret, SecretString="a valid secret again, and long enough"
    )


@pytest.mark.usefixtures("stacks")
@pytest.mark.parametrize(
    ("stack", "sentence"),
    [("nothing", "AWS returned an error: .*nothing.*"), ("other", "The stack other is not Gatehouse: .*")],
)
def test_a_stack_that_is_not_gatehouse_is_an_error(tool: Tool, stack: str, sentence: str) -> None:
    result = tool("mail redrive", target=("--stack", stack))

    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(f"{sentence}\n", result.err)
