"""Several stages in one account: no two have a name in common, and none takes the sender's identity from the others."""

from collections import defaultdict
from collections.abc import Mapping
from unittest.mock import patch

from gatehouse_dev.resource_names import PSEUDO
from tests.support.transformed import of_type, references, resolver, source, transformed

DEV = {"DomainName": "dev.example.com", "HostedZoneId": "Z123"}
PROD = {"DomainName": "api.example.com", "HostedZoneId": "Z123"}
KNOWN = {"CreateMailIdentity": "false"}
IDENTITY = ("AWS::SES::EmailIdentity", "EmailIdentity")
NAMED = {  # a fixed name prevents a second stack in the account, and replacements
    IDENTITY,
    ("AWS::ApiGatewayV2::DomainName", "DomainName"),
    ("AWS::CertificateManager::Certificate", "DomainName"),
    ("AWS::Route53::RecordSet", "Name"),
    ("AWS::Lambda::LayerVersion", "LayerName"),  # the transform would name layers, so those of all stacks, alike
}


def explicit_names(stack_name: str, **parameters: str) -> dict[tuple[str, str], set[str]]:
    """Return the names that a stack gives to its resources, by type and property.

    What belongs to another resource of the stack, as an alias to its function, has a name of no importance elsewhere.
    """
    stack, found = transformed(**parameters), defaultdict(set)
    with patch.dict(PSEUDO, {"AWS::StackName": stack_name}):
        for one in stack.values():
            naming = {key: value for key, value in one.get("Properties", {}).items() if key.endswith(("Name", "Id"))}
            if stack.keys() & set(references(naming)):
                continue
            for key in {"EmailIdentity", *naming} & one.get("Properties", {}).keys():
                if not key.endswith("Id"):
                    found[one["Type"], key].add(resolver(**parameters).resolve(one["Properties"][key]))
    return found


def in_common(parameters: Mapping[str, str]) -> dict[tuple[str, str], set[str]]:
    """Return the explicit names that a stage with these parameters has in common with one that was there before."""
    one, other = explicit_names("gatehouse-dev", **DEV), explicit_names("gatehouse-prod", **PROD, **parameters)
    return {kind: both for kind in one.keys() & other.keys() if (both := one[kind] & other[kind])}


def test_few_resources_have_explicit_names() -> None:
    assert explicit_names("gatehouse-dev", **DEV).keys() == NAMED


def test_two_stages_have_no_explicit_name_in_common() -> None:
    """SES has an identity once for an account and region, so the second stage uses that of the first."""
    assert in_common(KNOWN) == {}
    assert in_common({}) == {IDENTITY: {"example.com"}}


def test_no_output_is_exported() -> None:
    """The name of an export is unique in an account and region."""
    assert [name for name, output in source()["Outputs"].items() if "Export" in output] == []


def test_the_identity_of_the_sender_outlives_its_stack() -> None:
    """Other stages, and other programs of the account, may send with it."""
    identity = transformed()["MailIdentity"]

    assert (identity["DeletionPolicy"], identity["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_a_stack_that_uses_another_identity_has_none_and_may_send() -> None:
    stack = transformed(**KNOWN)

    assert of_type(stack, IDENTITY[0]) == {}
    assert stack == {name: one for name, one in transformed().items() if name != "MailIdentity"}
