"""Parse a function's properties and events, and the routes of an API, into the model."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from gatehouse_dev.model import Cors, Function, Route, Schedule, StreamSource
from gatehouse_dev.template_file import Node, Properties, TemplateError

ANY = {"x-amazon-apigateway-any-method": "ANY"}
INTEGRATION_ARN = re.compile(r":function:(?P<function>\w+)(:\w+)?/invocations$")
RATE = re.compile(r"rate\((?:1 (?P<unit>minute|hour|day)|(?P<count>[2-9]|[1-9]\d+) (?P<units>minutes|hours|days))\)")


def parse_function(name: str, root: Path, properties: Properties, routes: tuple[Route, ...]) -> Function:
    """Parse one AWS::Serverless::Function; TemplateError names what it lacks."""
    try:
        return Function(
            name=name,
            folder=(root / properties["CodeUri"]).resolve(),
            handler=properties["Handler"],
            environment={key: _text(value) for key, value in _variables(properties).items()},
            timeout=int(properties.get("Timeout", 3)),
            memory=int(properties.get("MemorySize", 128)),
            routes=tuple(route for route in routes if route.function == name),
            streams=tuple(_streams(properties)),
            schedules=tuple(_schedules(name, properties)),
        )
    except KeyError as error:
        message = f"resource {name}: it has no {error.args[0]}"
        raise TemplateError(message) from None
    except (TypeError, ValueError, AttributeError) as error:
        message = f"resource {name} is malformed: {error}"
        raise TemplateError(message) from None


def parse_routes(definition: Properties) -> Iterator[Route]:
    """Parse the routes of a DefinitionBody in their order."""
    for path, operations in definition["paths"].items():
        for method, operation in operations.items():
            called = INTEGRATION_ARN.search(operation["x-amazon-apigateway-integration"]["uri"])
            if not called:
                message = f"the route {method.upper()} {path} leads to no function"
                raise TemplateError(message)
            yield Route(method=ANY.get(method, method.upper()), path=path, function=called["function"])


def parse_cors(configuration: Node) -> Cors:
    """Parse a CorsConfiguration; `true` allows every origin."""
    if configuration is True:
        return Cors(allow_origins=("*",))
    age = configuration.get("MaxAge")
    return Cors(
        allow_origins=tuple(origin.strip() for origin in configuration.get("AllowOrigins", ())),
        allow_methods=tuple(configuration.get("AllowMethods", ())),
        allow_headers=tuple(configuration.get("AllowHeaders", ())),
        expose_headers=tuple(configuration.get("ExposeHeaders", ())),
        allow_credentials=_boolean(configuration.get("AllowCredentials", False)),
        max_age=None if age is None else int(age),
    )


def _variables(properties: Properties) -> Properties:
    return (properties.get("Environment") or {}).get("Variables") or {}


def _events(properties: Properties, kind: str) -> Iterator[Properties]:
    for event in (properties.get("Events") or {}).values():
        if event["Type"] == kind:
            yield event.get("Properties") or {}


def _streams(properties: Properties) -> Iterator[StreamSource]:
    for event in _events(properties, "DynamoDB"):
        if _boolean(event.get("Enabled", True)):
            yield StreamSource(
                table=event["Stream"].split(":table/")[-1].split("/")[0],
                filters=tuple(_patterns(event)),
                batch_size=int(event.get("BatchSize", 100)),
                maximum_retry_attempts=int(event.get("MaximumRetryAttempts", -1)),
                bisect=_boolean(event.get("BisectBatchOnFunctionError", False)),
                report_batch_item_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", ()),
            )


def _schedules(name: str, properties: Properties) -> Iterator[Schedule]:
    for event in _events(properties, "Schedule"):
        if _boolean(event.get("Enabled", True)) and event.get("State", "ENABLED") == "ENABLED":
            expression = event["Schedule"]
            given = json.dumps(json.loads(event["Input"])) if "Input" in event else ""
            yield Schedule(expression=expression, interval=_interval(name, expression), input=given)


def _interval(name: str, expression: str) -> timedelta:
    rate = RATE.fullmatch(expression)
    if not rate:
        message = f"resource {name}: the schedule {expression} is not supported locally; use a rate(…)"
        raise TemplateError(message)
    return timedelta(**{rate["units"] or f"{rate['unit']}s": int(rate["count"] or 1)})


def _patterns(event: Properties) -> Iterator[Properties]:
    for item in (event.get("FilterCriteria") or {}).get("Filters") or ():
        try:
            yield json.loads(item["Pattern"])
        except ValueError:
            message = f"a stream filter is not JSON: {item['Pattern']}"
            raise TemplateError(message) from None


def _boolean(value: Node) -> bool:
    return str(value).lower() == "true"


def _text(value: Node) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
