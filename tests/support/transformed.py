"""The template as CloudFormation gets it: SAM's own transform, and what resources ask of each other."""

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
READ_BY_SAM = {"Tracing", "DeploymentPreference"}  # of the parameters; the rest is CloudFormation's
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}

NO_VALUE = {"Ref": "AWS::NoValue"}

type Resources = Mapping[str, Mapping[str, Any]]


def source() -> dict[str, Any]:
    """The template as it is written, to be changed at will."""
    return dict(parse_template(TEMPLATE))


def transform(template: dict[str, Any], **parameters: str) -> Resources:
    """What SAM makes of a template; code is taken as uploaded, if it is not said where."""
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
    """The product's template after SAM, with its conditions decided."""
    read = {name: value for name, value in parameters.items() if name in READ_BY_SAM}
    return _existing(_transformed(**read), parameters)


@cache
def untransformed() -> Resources:
    """The same before SAM, which takes seconds and changes only resources of its own kinds."""
    return _existing(source()["Resources"], {})


def _existing(resources: Resources, parameters: Mapping[str, str]) -> Resources:
    document = source()
    values = resolve(document["Parameters"], PARAMETERS | dict(parameters))
    resolver = Resolver(document=document, values=values)
    decided: Resources = _decided(resources, resolver)
    return {name: one for name, one in decided.items() if "Condition" not in one or resolver.holds(one["Condition"])}


@cache
def _transformed(**parameters: str) -> Resources:
    return transform(source(), **parameters)


def _decided(node: Any, resolver: Resolver) -> Any:
    """The node with the branch of each `Fn::If` that its condition chooses; no value leaves nothing behind."""
    match node:
        case {"Fn::If": [condition, yes, no]}:
            return _decided(yes if resolver.holds(condition) else no, resolver)
        case dict():
            decided = {key: _decided(value, resolver) for key, value in node.items()}
            return {key: value for key, value in decided.items() if value != NO_VALUE}
        case list():
            return [value for value in (_decided(entry, resolver) for entry in node) if value != NO_VALUE]
    return node


def of_type(resources: Resources, kind: str) -> dict[str, Mapping[str, Any]]:
    """The properties of all resources of a kind, such as `AWS::Lambda::Function`."""
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def operations(resources: Resources) -> list[Mapping[str, Any]]:
    """Every operation of the API."""
    paths = resources["Api"]["Properties"]["Body"]["paths"].values()
    return [operation for path in paths for operation in path.values()]


def references(node: Any) -> Iterator[str]:
    """Every name that `node` refers to by Ref, GetAtt, Sub or DependsOn; pseudo parameters and parameters, too."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _named(key, value)
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def _named(key: str, value: Any) -> Iterator[str]:
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
    """Resources that wait for one another, the first again at the end; none if all can be created in some order."""
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
