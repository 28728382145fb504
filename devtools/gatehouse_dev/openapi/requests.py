"""Correct parameters and bodies where the routers do not declare everything."""

import re
from typing import Any

from pydantic import TypeAdapter

from gatehouse_dev.openapi.endpoints import Endpoint
from gatehouse_dev.template_file import Properties

REFERENCE = "#/components/schemas/{model}"
PARTIAL = ("TaskUpdate", "ProfileChanges", "UpdateItem")  # absent fields stay unchanged: their defaults are not shown
PATH_VARIABLE = re.compile(r"\{(\w+)\}")
SKIPS = {
    "disableCookieCache": "With any value, the session is not read from the cookie cache.",
    "disableRefresh": "With any value, the session is not renewed.",
}  # read by `_current_session` without being declared


def complete(operation: Properties, endpoint: Endpoint) -> None:
    """Correct the parameters of an operation, and add those that are read without being declared."""
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        parameter["schema"] = _without_null(parameter["schema"])
        parameter["schema"].pop("title", None)  # the name again
    names = {parameter["name"] for parameter in parameters}
    parameters += [_parameter("path", name) for name in PATH_VARIABLE.findall(endpoint.route.path) if name not in names]
    if endpoint.uses("_current_session"):
        parameters += [_parameter("query", name) | {"description": told} for name, told in SKIPS.items()]
    if parameters:
        operation["parameters"] = parameters


def complete_schemas(schemas: Properties) -> None:
    """Correct the bodies."""
    _describe_items(schemas)
    for schema in schemas.values():
        schema.pop("title", None)  # the name again
        for name, rules in schema.get("properties", {}).items():
            rules.pop("title", None)
            if name in {"email", "newEmail"} and rules.get("type") == "string":
                rules["format"] = "email"
    _allow_other_name(schemas["NewPassword"], "newPassword", "password")
    for name in PARTIAL:
        for rules in schemas[name]["properties"].values():
            rules.pop("default", None)


def _parameter(place: str, name: str) -> Properties:
    return {"in": place, "name": name, "required": place == "path", "schema": {"type": "string"}}


def _without_null(schema: Properties) -> Properties:
    """Remove null: URLs and headers have none."""
    kinds: list[Properties] = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return kinds[0] | {name: value for name, value in schema.items() if name != "anyOf"}


def _allow_other_name(schema: Properties, name: str, other: str) -> None:
    """Require one of two names of a field."""
    schema["properties"][other] = schema["properties"][name]
    schema["required"].remove(name)
    schema["anyOf"] = [{"required": [name]}, {"required": [other]}]
    if not schema["required"]:
        del schema["required"]


def _describe_items(schemas: Properties) -> None:
    """Describe the items of a bulk request: the body's model accepts anything, because items are
    validated one by one.
    """
    from gatehouse.api.tasks.bulk import Item  # noqa: PLC0415 -- the layer reads the environment when imported

    item: dict[str, Any] = TypeAdapter(Item).json_schema(ref_template=REFERENCE)
    schemas |= item.pop("$defs")
    schemas["BulkRequest"]["properties"]["operations"]["items"] = item | {
        "description": "An invalid item gets an error as its result and does not affect the others."
    }
