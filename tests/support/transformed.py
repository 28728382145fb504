"""The template after SAM's transform, as CloudFormation receives it, and the references between its resources."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gatehouse_dev.intrinsics import Resolver
from gatehouse_dev.parameters import resolve
from gatehouse_dev.template_file import parse_template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
PARAMETERS = {"MailFrom": "no-reply@example.com", "CorsOrigins": "https://app.example.com,https://www.example.com"}
REGION = "us-east-1"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
READ_BY_SAM = {
    "Tracing",
    "DeploymentPreference",
}  # parameters that the transform reads; CloudFormation reads the others
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}

NO_VALUE = {"Ref": "AWS::NoValue"}

type Resources = Mapping[str, Mapping[str, Any]]


def source() -> dict[str, Any]:
    """Return a fresh copy of the template, which the caller may change."""
    return dict(parse_template(TEMPLATE))


def transform(template: dict[str, Any], **parameters: str) -> Resources:
    """Return the resources after SAM's transform. Local code paths are replaced by a place in S3."""
    import boto3  # noqa: PLC0415 -- both are slow, and collecting needs neither
    from samtranslator.parser.parser import Parser  # noqa: PLC0415 -- the same
    from samtranslator.translator.translator import Translator  # noqa: PLC0415 -- the same

    for resource in template["Resources"].values():
        code = _CODE.get(resource["Type"], "")
        if code and not resource["Properties"][code].startswith("s3://"):
            resource["Properties"][code] = "s3://bucket/key"
    session = boto3.Session(region_name=REGION)
    translator = Translator({"AWSLambdaBasicExecutionRole": BASIC}, Parser(), boto_session=session)
    resources: Resources = translator.translate(template, PARAMETERS | parameters)["Resources"]
    return resources


@cache
def transformed(**parameters: str) -> Resources:
    """Return the project's resources after SAM's transform, with conditions evaluated."""
    by_sam = {name: value for name, value in parameters.items() if name in READ_BY_SAM}
    return existing(_transformed(**by_sam), parameters)


@cache
def untransformed() -> Resources:
    """Return the resources before SAM's transform, which takes seconds and changes only SAM's resource types."""
    return existing(source()["Resources"], {})


def resolver(**parameters: str) -> Resolver:
    """Return what evaluates the template's functions with these parameters."""
    document = source()
    return Resolver(document=document, values=resolve(document["Parameters"], PARAMETERS | parameters))


def existing(resources: Resources, parameters: Mapping[str, str]) -> Resources:
    """Return the resources, or outputs, that exist with these parameters, with conditions evaluated."""
    by = resolver(**parameters)
    evaluated: Resources = _evaluated(resources, by)
    return {name: one for name, one in evaluated.items() if "Condition" not in one or by.holds(one["Condition"])}


@cache
def _transformed(**parameters: str) -> Resources:
    return transform(source(), **parameters)


def _evaluated(node: Any, by: Resolver) -> Any:
    """Return the node with each `Fn::If` replaced by its branch. AWS::NoValue removes the property."""
    match node:
        case {"Fn::If": [condition, yes, no]}:
            return _evaluated(yes if by.holds(condition) else no, by)
        case dict():
            evaluated = {key: _evaluated(value, by) for key, value in node.items()}
            return {key: value for key, value in evaluated.items() if value != NO_VALUE}
        case list():
            return [value for value in (_evaluated(entry, by) for entry in node) if value != NO_VALUE]
    return node


def of_type(resources: Resources, kind: str) -> dict[str, Mapping[str, Any]]:
    """Return the properties of all resources of a type, such as `AWS::Lambda::Function`."""
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def operations(resources: Resources) -> list[Mapping[str, Any]]:
    """Return all operations of the API."""
    paths = resources["Api"]["Properties"]["Body"]["paths"].values()
    return [operation for path in paths for operation in path.values()]


def references(node: Any) -> Iterator[str]:
    """Return all names that `node` references by Ref, GetAtt, Sub or DependsOn, also those of parameters."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _referenced(key, value)
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def _referenced(key: str, value: Any) -> Iterator[str]:
    match key, value:
        case (("Ref" | "DependsOn"), str()):
            yield value
        case "DependsOn", list():
            yield from value
        case "Fn::GetAtt", str():
            yield value.partition(".")[0]
        case "Fn::GetAtt", [str() as name, *_]:
            yield name
        case "Fn::Sub", (str() as text) | [str() as text, *_]:
            yield from re.findall(r"\$\{(\w+)", text)


def cycle(resources: Resources) -> list[str]:
    """Return a dependency cycle of resources, the first one repeated at the end; empty if there is none."""
    graph = {name: sorted(set(references(resource)) & resources.keys()) for name, resource in resources.items()}
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        found = next(filter(None, (walk(other, [*path, name]) for other in graph[name])), [])
        done.add(name)
        return found

    return next(filter(None, (walk(name, []) for name in graph)), [])
