"""Each function has exactly the grants that its tests used.

No other test can detect a missing grant: the local cloud does not check permissions. An unused grant helps an attacker.
"""

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from gatehouse_dev.resource_names import ACCOUNT, REGION
from gatehouse_dev.template import Template
from tests.support.aws_calls import KEYRING, SENDER, AwsCall, load
from tests.support.grants import (
    LOGS,
    PICTURES_ALONE,
    STREAMING,
    TRACES,
    granted,
    is_allowed,
    managed_by_aws,
    open_ended,
    policy_size,
    statements,
)
from tests.support.layout import handler_modules
from tests.support.settings_usage import reachable
from tests.support.transformed import Resources, of_type, operations, source, transform, transformed, untransformed

FUNCTIONS = sorted(of_type(untransformed(), "AWS::Serverless::Function"))
TESTS = Path(__file__).parents[1]
PUBLISHING = {("gatehouse.keys.keyring", "publish_first_key"), ("gatehouse.keys.rotation", "run_step")}
ROLE = "AWS::IAM::Role"
MOST_POLICIES, LARGEST_POLICIES = 10, 10_240  # managed policies of a role; characters of its inline policies

every_function = pytest.mark.parametrize("function", FUNCTIONS)


@pytest.fixture(scope="module")
def aws_calls() -> frozenset[AwsCall]:
    """Return the AWS calls of the previous run, which must include all tests of functions."""
    latest = load()
    missing = [path.name for path in sorted(TESTS.glob("functions/**/test_*.py")) if str(path) not in latest.files]
    if missing:
        reason = f"permissions were NOT checked, because some tests did not run: {missing[:3]}"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    return latest.calls


QUEUING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}  # Lambda itself makes these calls


@pytest.mark.last
@every_function
def test_grants_are_what_the_tests_used(template: Template, aws_calls: frozenset[AwsCall], function: str) -> None:
    used = {call for call in aws_calls if call.function == function}
    grants = granted(transformed(), function)
    if template.functions[function].streams:
        grants = {grant for grant in grants if grant.action not in STREAMING}
    grants = {grant for grant in grants if grant.action not in QUEUING}
    missing, unused = used - grants, grants - used
    problems = sorted([problem("MISSING", one) for one in missing] + [problem("UNUSED", one) for one in unused])

    assert not problems, "\n".join(problems)


def test_only_this_file_has_tests_that_run_last() -> None:
    """The second run of `make test` collects no other file."""
    marked = [path for path in TESTS.rglob("*.py") if "@pytest.mark.last" in path.read_text(encoding="utf-8")]

    assert marked == [Path(__file__)]


def problem(kind: str, call: AwsCall) -> str:
    """Return a line about a missing or unused grant."""
    return f"{kind} grant: {call.function} {call.action} on {call.resource}"


def test_only_functions_that_publish_keys_may_write_the_keyring(template: Template) -> None:
    """Functions that write sessions are denied its partition, unless their code leads to publishing a key."""
    folders = {handler.path.parent: handler for handler in handler_modules()}
    grants = [grant for function in FUNCTIONS for grant in granted(transformed(), function)]
    writing = [grant for grant in grants if grant.resource == KEYRING]

    assert {grant.action for grant in writing} == {"dynamodb:PutItem"}
    for grant in writing:
        leads_to = reachable(folders[template.functions[grant.function].folder])
        assert PUBLISHING & leads_to, grant.function


def test_strangers_who_ask_for_pictures_reach_no_other_row() -> None:
    """The function that serves them may read only their partitions of the table with password hashes."""
    (role,) = [role for name, role in of_type(transformed(), ROLE).items() if name.startswith("SendPicture")]

    assert [statement["Condition"] for statement in statements(role)] == [PICTURES_ALONE]


def may_send(resource: str, sender: str | None = SENDER) -> bool:
    """Whether IAM allows SES to send a mail, for one of the resources that SES checks."""
    context = {"ses:FromAddress": sender} if sender else {}
    return is_allowed(transformed(), "SendMail", "ses:SendEmail", f"arn:aws:ses:{REGION}:{ACCOUNT}:{resource}", context)


@pytest.mark.parametrize("identity", ["example.com", SENDER, "example.net", "ann@example.net"])
def test_mail_may_be_sent_whatever_identities_ses_checks(identity: str) -> None:
    """They are the sender's, and in its sandbox also the recipient's; each is an address, or else a domain."""
    assert may_send(f"identity/{identity}")


@pytest.mark.parametrize("sender", [None, "admin@example.com", "no-reply@example.com.example.net", "*"])
def test_mail_may_be_sent_from_one_address_only(sender: str | None) -> None:
    assert not may_send("identity/example.com", sender)


@pytest.mark.parametrize("sender", [SENDER, None])
def test_mail_may_use_the_configuration_set_of_the_stack_only(sender: str | None) -> None:
    """No document says whether SES tells IAM the sender when it checks this resource."""
    assert may_send("configuration-set/MailConfiguration", sender)
    assert not may_send("configuration-set/Another", sender)


@every_function
def test_only_stream_functions_may_read_their_stream(template: Template, function: str) -> None:
    streams = template.functions[function].streams
    needed = {(action, f"${{{source.table}.StreamArn}}") for action in STREAMING for source in streams}
    reading = {
        (grant.action, grant.resource) for grant in granted(transformed(), function) if grant.action in STREAMING
    }

    assert {(action, "*" if action == "dynamodb:ListStreams" else stream) for action, stream in needed} == reading


@every_function
def test_only_queue_functions_may_read_their_queue(function: str) -> None:
    mappings = of_type(transformed(), "AWS::Lambda::EventSourceMapping").values()
    sources = [mapping["EventSourceArn"] for mapping in mappings if mapping["FunctionName"] == {"Ref": function}]
    queues = [source["Fn::GetAtt"][0] for source in sources if source["Fn::GetAtt"][1] == "Arn"]
    reading = {grant for grant in granted(transformed(), function) if grant.action in QUEUING}

    assert {(grant.action, grant.resource) for grant in reading} == {
        (action, queue) for queue in queues for action in QUEUING
    }


def test_the_only_managed_policy_is_the_one_for_logs() -> None:
    """SAM adds the one for traces wherever `Tracing` is anything but `Disabled`, `PassThrough` included."""
    policies = {function: managed_by_aws(transformed(), function) for function in FUNCTIONS}

    assert policies == {function: {LOGS} for function in FUNCTIONS}


def test_with_tracing_roles_have_the_managed_policy_for_traces() -> None:
    policies = {function: managed_by_aws(transformed(Tracing="Active"), function) for function in FUNCTIONS}

    assert policies == {function: {LOGS, TRACES} for function in FUNCTIONS}


def test_api_gateway_may_invoke_only_functions_with_routes() -> None:
    """Every integration uses the same role, so functions need no permission per route."""
    stack = transformed()
    integrations = [operation["x-amazon-apigateway-integration"] for operation in operations(stack)]
    called = {re.sub(r".*/functions/(.*)/invocations", r"\1", one["uri"]["Fn::Sub"]) for one in integrations}
    (statement,) = statements(stack["ApiRole"]["Properties"])
    (trusted,) = stack["ApiRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    permitted = [one["Principal"] for one in of_type(stack, "AWS::Lambda::Permission").values()]

    assert (statement["Effect"], statement["Action"]) == ("Allow", "lambda:InvokeFunction")
    assert sorted(invoked(stack, resource) for resource in statement["Resource"]) == sorted(called)
    assert all(one["credentials"] == {"Fn::GetAtt": ["ApiRole", "Arn"]} for one in integrations)
    assert (trusted["Principal"], trusted["Action"]) == ({"Service": "apigateway.amazonaws.com"}, "sts:AssumeRole")
    assert "apigateway.amazonaws.com" not in permitted


def invoked(stack: Resources, resource: Any) -> str:
    """Return a policy's resource as an integration's URI names it: `${SignIn.Arn}:live` (an alias) or `${Jwks.Arn}`."""
    match resource:
        case {"Ref": alias}:
            properties = of_type(stack, "AWS::Lambda::Alias")[alias]
            return f"${{{properties['FunctionName']['Ref']}.Arn}}:{properties['Name']}"
        case {"Fn::GetAtt": [function, "Arn"]}:
            return f"${{{function}.Arn}}"
    raise AssertionError(resource)


def test_no_policy_has_a_wildcard() -> None:
    """The exceptions are dynamodb:ListStreams, which does not support resources, and the identities that SES checks."""
    assert list(open_ended(transformed())) == []


@pytest.mark.parametrize("tracing", source()["Parameters"]["Tracing"]["AllowedValues"])
def test_a_role_has_no_more_policies_than_aws_attaches(tracing: str) -> None:
    """The default quota is ten. No `!If` is evaluated, so both branches count."""
    attached = {
        name: role.get("ManagedPolicyArns", [])
        for name, role in of_type(transform(source(), Tracing=tracing), ROLE).items()
    }

    assert {name for name, policies in attached.items() if len(policies) > MOST_POLICIES} == set()


def test_inline_policies_are_within_the_quota() -> None:
    """The quota is 10,240 characters for all inline policies of a role, without white space."""
    stack = transform(source())

    assert {role for role in of_type(stack, ROLE) if policy_size(stack, role) > LARGEST_POLICIES} == set()


def test_every_grant_is_defined_once_and_used() -> None:
    """Roles contain only grants from `Metadata`. Managed policies would count against another quota."""
    grants = source()["Metadata"]["Grants"]
    roles = of_type(transform(source()), ROLE)
    used = [statement for name, role in roles.items() if name != "ApiRole" for statement in statements(role)]

    assert [name for name, grant in grants.items() if grant not in used] == []
    assert [statement for statement in used if statement not in grants.values()] == []
    assert of_type(transformed(), "AWS::IAM::ManagedPolicy") == {}
