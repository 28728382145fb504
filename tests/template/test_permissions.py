"""Each function may do what its tests were seen to do, and nothing else.

A missing grant is a 500 that no other test can see, for the local cloud checks no permissions. An unused one is what
an intruder would use.
"""

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from gatehouse_dev.template import Template
from tests.support.aws_calls import AwsCall, load
from tests.support.grants import LOGS, STREAMING, TRACES, granted, managed_by_aws, open_ended, policy_size, statements
from tests.support.transformed import Resources, of_type, operations, source, transform, transformed, untransformed

FUNCTIONS = sorted(of_type(untransformed(), "AWS::Serverless::Function"))
HERE = Path(__file__).parents[1]
ROLE = "AWS::IAM::Role"
MOST_POLICIES, LARGEST_POLICIES = 10, 10_240

every_function = pytest.mark.parametrize("function", FUNCTIONS)


@pytest.fixture(scope="module")
def acts() -> frozenset[AwsCall]:
    """What all functions were seen to do in the run before this one; only a run of all their tests shows that."""
    latest = load()
    absent = [path.name for path in sorted(HERE.glob("functions/**/test_*.py")) if str(path) not in latest.files]
    if absent:
        reason = f"permissions were NOT checked, for only part of the tests ran: without {absent[:3]}"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    return latest.calls


QUEUING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}  # Lambda itself does this


@pytest.mark.last
@every_function
def test_grants_are_what_the_tests_used(template: Template, acts: frozenset[AwsCall], function: str) -> None:
    used = {act for act in acts if act.function == function}
    given = granted(transformed(), function)
    if template.functions[function].streams:
        given = {grant for grant in given if grant.action not in STREAMING}
    given = {grant for grant in given if grant.action not in QUEUING}
    problems = sorted([told("MISSING", act) for act in used - given] + [told("UNUSED", act) for act in given - used])

    assert not problems, "\n".join(problems)


def test_what_is_judged_last_is_here() -> None:
    """The second run of `make test` collects no other file."""
    judging = [path for path in HERE.rglob("*.py") if "@pytest.mark.last" in path.read_text(encoding="utf-8")]

    assert judging == [Path(__file__)]


def told(problem: str, act: AwsCall) -> str:
    """One line about a grant."""
    return f"{problem} grant: {act.function} {act.action} on {act.resource}"


@every_function
def test_a_function_that_reads_a_stream_may_and_no_other(template: Template, function: str) -> None:
    streams = template.functions[function].streams
    wanted = {(action, f"${{{source.table}.StreamArn}}") for action in STREAMING for source in streams}
    reading = {
        (grant.action, grant.resource) for grant in granted(transformed(), function) if grant.action in STREAMING
    }

    assert {(action, "*" if action == "dynamodb:ListStreams" else stream) for action, stream in wanted} == reading


@every_function
def test_a_function_that_reads_a_queue_may_and_no_other(function: str) -> None:
    mappings = of_type(transformed(), "AWS::Lambda::EventSourceMapping").values()
    sources = [mapping["EventSourceArn"] for mapping in mappings if mapping["FunctionName"] == {"Ref": function}]
    queues = [source["Fn::GetAtt"][0] for source in sources if source["Fn::GetAtt"][1] == "Arn"]
    reading = {grant for grant in granted(transformed(), function) if grant.action in QUEUING}

    assert {(grant.action, grant.resource) for grant in reading} == {
        (action, queue) for queue in queues for action in QUEUING
    }


def test_of_the_policies_of_aws_a_role_has_the_one_for_logs() -> None:
    """SAM adds the one for traces wherever `Tracing` is anything but `Disabled`, `PassThrough` included."""
    policies = {function: managed_by_aws(transformed(), function) for function in FUNCTIONS}

    assert policies == {function: {LOGS} for function in FUNCTIONS}


def test_whoever_traces_may() -> None:
    policies = {function: managed_by_aws(transformed(Tracing="Active"), function) for function in FUNCTIONS}

    assert policies == {function: {LOGS, TRACES} for function in FUNCTIONS}


def test_api_gateway_may_invoke_what_has_routes_and_nothing_else() -> None:
    """As one role, named by every integration; so no function has a permission for each of its routes."""
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
    """What a URI says for a resource of a policy: `${SignIn.Arn}:live` for its alias, or `${Jwks.Arn}`."""
    match resource:
        case {"Ref": alias}:
            properties = of_type(stack, "AWS::Lambda::Alias")[alias]
            return f"${{{properties['FunctionName']['Ref']}.Arn}}:{properties['Name']}"
        case {"Fn::GetAtt": [function, "Arn"]}:
            return f"${{{function}.Arn}}"
    raise AssertionError(resource)


def test_no_policy_has_a_star() -> None:
    """But for dynamodb:ListStreams, which has no resource to name."""
    assert list(open_ended(transformed())) == []


@pytest.mark.parametrize("tracing", source()["Parameters"]["Tracing"]["AllowedValues"])
def test_a_role_has_no_more_policies_than_aws_attaches(tracing: str) -> None:
    """Ten, unless an account asks for more; no `!If` is decided, so that whichever a role has count."""
    attached = {
        name: role.get("ManagedPolicyArns", [])
        for name, role in of_type(transform(source(), Tracing=tracing), ROLE).items()
    }

    assert {name for name, policies in attached.items() if len(policies) > MOST_POLICIES} == set()


def test_what_a_role_grants_fits_into_what_aws_takes() -> None:
    """10,240 characters for all of a role's inline policies, white space apart."""
    stack = transform(source())

    assert {role for role in of_type(stack, ROLE) if policy_size(stack, role) > LARGEST_POLICIES} == set()


def test_every_grant_is_written_once_and_used() -> None:
    """Roles list the vocabulary in `Metadata` and nothing else; a policy apart would count against another quota."""
    vocabulary = source()["Metadata"]["Grants"]
    roles = of_type(transform(source()), ROLE)
    used = [statement for name, role in roles.items() if name != "ApiRole" for statement in statements(role)]

    assert [name for name, grant in vocabulary.items() if grant not in used] == []
    assert [statement for statement in used if statement not in vocabulary.values()] == []
    assert of_type(transformed(), "AWS::IAM::ManagedPolicy") == {}
