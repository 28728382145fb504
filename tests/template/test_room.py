"""What is left of the quotas of AWS that one stack meets: docs/deploy.md has the table, and here it is counted."""

import json
from collections.abc import Mapping

import pytest

from gatehouse_dev.template import load
from tests.support.grants import policy_size
from tests.support.layout import ROOT
from tests.support.transformed import PARAMETERS, TEMPLATE, of_type, operations, source, transform

PAGE = ROOT / "docs" / "deploy.md"
AN_ENDPOINT = "resources for one more endpoint"
QUOTAS = {
    "resources, those with a condition included": 500,
    AN_ENDPOINT: 2,  # not a quota, but what we give
    "routes": 300,
    "characters that the largest policy of a function can have": 10_240,
    "characters that the policy of `ApiRole` can have": 10_240,
    "policies attached to a role": 10,
    "characters of variables of the function with the most": 4096,
    "KB of the template after SAM's transform": 1000,
}
NEW_ENDPOINT = "ListAccounts"  # as most are: without an alias


@pytest.fixture(scope="module")
def counted() -> Mapping[str, int]:
    """What there is of each."""
    stack = transform(source(), Tracing="Active")
    roles = of_type(stack, "AWS::IAM::Role")
    variables = [
        sum(len(name) + len(value) for name, value in function.environment.items())
        for function in load(TEMPLATE, PARAMETERS).functions.values()
    ]
    counts = (
        len(stack),
        sum(name.startswith(NEW_ENDPOINT) for name in stack),
        len(operations(stack)),
        max(policy_size(stack, role) for role in roles if role != "ApiRole"),
        policy_size(stack, "ApiRole"),
        max(len(role.get("ManagedPolicyArns", [])) for role in roles.values()),
        max(variables),
        len(json.dumps(source() | {"Resources": stack})) // 1000,
    )
    return dict(zip(QUOTAS, counts, strict=True))


@pytest.mark.parametrize("what", QUOTAS)
def test_the_table_of_what_is_left_is_true(counted: Mapping[str, int], what: str) -> None:
    row = f"| {what} | {spaced(counted[what])} | {spaced(QUOTAS[what])} |"

    assert row in PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("what", QUOTAS)
def test_a_tenth_of_each_is_left(counted: Mapping[str, int], what: str) -> None:
    assert counted[what] <= (QUOTAS[what] if what == AN_ENDPOINT else QUOTAS[what] * 0.9)


def test_the_table_has_no_other_rows() -> None:
    _, _, after = PAGE.read_text(encoding="utf-8").partition("| what | is | may be |\n| --- | --- | --- |\n")
    rows = after.partition("\n\n")[0].splitlines()

    assert [row.strip("| ").split(" | ")[0] for row in rows] == list(QUOTAS)


def spaced(number: int) -> str:
    """`10 240`."""
    return f"{number:,}".replace(",", " ")
