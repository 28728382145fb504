"""The template with every CloudFormation function resolved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatehouse_dev import template_parsing
from gatehouse_dev.intrinsics import Resolver
from gatehouse_dev.model import Cors, Function, Route, Schedule, StreamSource
from gatehouse_dev.parameters import client_secrets, local_parameters, resolve
from gatehouse_dev.template_file import DEFAULT_PATH, Properties, TemplateError, parse_template

__all__ = [
    "Cors",
    "Function",
    "Route",
    "Schedule",
    "StreamSource",
    "Template",
    "TemplateError",
    "client_secrets",
    "load",
    "local_parameters",
]

FUNCTION, API = "AWS::Serverless::Function", "AWS::Serverless::HttpApi"
SECTIONS = ("Parameters", "Mappings", "Conditions", "Globals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A resolved template. Mappings are by logical id; tables and secrets are resolved Properties."""

    path: Path
    functions: dict[str, Function]
    tables: dict[str, Properties]
    secrets: dict[str, Properties]
    identities: dict[str, str]
    cors: Cors | None
    routes: tuple[Route, ...]
    resources: dict[str, Properties]
    parameters: dict[str, str]

    def environment(self) -> dict[str, str]:
        """Return the variables of all functions, which share one process here."""
        merged: dict[str, str] = {}
        for function in self.functions.values():
            for name, value in function.environment.items():
                if merged.setdefault(name, value) != value:
                    message = f"{function.name} and another function have different values of the variable {name}"
                    raise TemplateError(message)
        return merged


def load(path: Path | None = None, parameters: Mapping[str, str] | None = None) -> Template:
    """Resolve the template at `path`, by default the repository's own."""
    path = (path or DEFAULT_PATH).resolve()
    document = {section: {} for section in SECTIONS} | {key: value or {} for key, value in parse_template(path).items()}
    values = resolve(document["Parameters"], parameters or {})
    resources = dict(_resources(Resolver(document=document, values=values)))
    routes = _routes(resources)
    template = Template(
        path=path,
        functions=_functions(path.parent, resources, routes),
        tables=_properties(resources, "AWS::DynamoDB::Table"),
        secrets=_properties(resources, "AWS::SecretsManager::Secret"),
        identities={
            name: properties["EmailIdentity"]
            for name, properties in _properties(resources, "AWS::SES::EmailIdentity").items()
        },
        cors=_cors(resources),
        routes=routes,
        resources=resources,
        parameters=values,
    )
    _check(template)
    return template


def _resources(resolver: Resolver) -> Iterator[tuple[str, Properties]]:
    global_properties = resolver.document["Globals"]
    for name, resource in resolver.document["Resources"].items():
        try:
            if "Condition" in resource and not resolver.holds(resource["Condition"]):
                continue
            section = global_properties.get(resource["Type"].removeprefix("AWS::Serverless::"), {})
            section = {key: value for key, value in section.items() if key not in resource.get("IgnoreGlobals", ())}
            whole = {key: value for key, value in resource.items() if key not in ("Condition", "IgnoreGlobals")}
            yield name, resolver.resolve(whole | {"Properties": _merged(section, resource.get("Properties") or {})})
        except TemplateError as error:
            message = f"resource {name}: {error}"
            raise TemplateError(message) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"resource {name} is malformed: {error!r}"
            raise TemplateError(message) from None


def _merged(general: Properties, own: Properties) -> Properties:
    """Merge as SAM merges Globals: mappings by key, lists joined, otherwise the function's own value."""
    merged = general | own
    for key in general.keys() & own.keys():
        match general[key], own[key]:
            case dict() as left, dict() as right if not _is_intrinsic(left) and not _is_intrinsic(right):
                merged[key] = _merged(left, right)
            case list() as left, list() as right:
                merged[key] = [*left, *right]
    return merged


def _is_intrinsic(node: Properties) -> bool:
    return len(node) == 1 and (next(iter(node)) == "Ref" or next(iter(node)).startswith("Fn::"))


def _properties(resources: Mapping[str, Properties], kind: str) -> dict[str, Properties]:
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def _functions(root: Path, resources: Mapping[str, Properties], routes: tuple[Route, ...]) -> dict[str, Function]:
    return {
        name: template_parsing.parse_function(name, root, properties, routes)
        for name, properties in _properties(resources, FUNCTION).items()
    }


def _routes(resources: Mapping[str, Properties]) -> tuple[Route, ...]:
    apis = _properties(resources, API).items()
    try:
        return tuple(
            route
            for _, api in apis
            if "DefinitionBody" in api
            for route in template_parsing.parse_routes(api["DefinitionBody"])
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = f"the routes of {', '.join(name for name, _ in apis)} are malformed: {error!r}"
        raise TemplateError(message) from None


def _cors(resources: Mapping[str, Properties]) -> Cors | None:
    for properties in _properties(resources, API).values():
        if "CorsConfiguration" in properties:
            return template_parsing.parse_cors(properties["CorsConfiguration"])
    return None


def _check(template: Template) -> None:
    for route in template.routes:
        if route.function not in template.functions:
            message = f"the route {route.key} leads to {route.function}, which is not in the template"
            raise TemplateError(message)
    for function in template.functions.values():
        for source in function.streams:
            if "StreamSpecification" not in template.tables.get(source.table, {}):
                message = f"resource {function.name}: it reads the stream of {source.table}, which has none"
                raise TemplateError(message)
