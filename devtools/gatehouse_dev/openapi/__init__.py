"""Build docs/openapi.json from the functions' routers and the middleware's checks."""

import json
import tomllib

from fastapi.openapi.utils import get_openapi

from gatehouse_dev.openapi import requests, responses
from gatehouse_dev.openapi.endpoints import Endpoint, endpoints_of
from gatehouse_dev.template import Template
from gatehouse_dev.template_file import DEFAULT_PATH, Properties

ROOT = DEFAULT_PATH.parent
FILE = ROOT / "docs" / "openapi.json"

DESCRIPTION = (
    "Authentication and tasks, in the protocol of the better-auth client; see docs/protocol.md. "
    "Request bodies are `application/json` of at most 256 KiB, of `tasks/bulk` 2.5 MiB. "
    "Every error, including an unexpected one (500), has the form of `Error`; its `requestId` is also in the header "
    "`x-correlation-id`. Errors of API Gateway itself have the form of `GatewayError`. A path with `{user_id}`, the "
    "caller's own id, is an alias of the path without it."
)
TAGS = {
    "auth": "Sign-up, sign-in, sessions and accounts.",
    "passkeys": "Passkeys: adding, signing in, managing them.",
    "system": "For operators.",
    "tasks": "The user's tasks.",
    "two_factor": "The second factor, and devices on which it is not asked for.",
}
BEARER, COOKIE = "bearer", "cookie"
SCHEMES = {
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "description": "The session token from the response to a sign-in, or a JWT from `/api/auth/token`.",
    },
    COOKIE: {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Secure-better-auth.session_token",
        "description": "The session cookie that a sign-in sets, without `__Secure-` where the service is not on https. "
        "Writes with this cookie need a trusted `Origin`.",
    },
}


def document(template: Template) -> Properties:
    """Return the document of all routes of a template. The environment must be that of its functions."""
    endpoints = endpoints_of(template)
    made: Properties = get_openapi(
        title="Gatehouse",
        version=_version(),
        description=DESCRIPTION,
        routes=[endpoint.route for endpoint in endpoints],
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    for endpoint in endpoints:
        operations = made["paths"][endpoint.route.path]
        if endpoint.method == "HEAD":  # its route follows that of GET
            operations["head"] = responses.without_content(operations["get"]) | {"operationId": endpoint.name}
            continue
        operation = operations[endpoint.method.lower()]
        requests.complete(operation, endpoint)
        responses.complete(operation, endpoint)
        operation["security"] = _security(endpoint)
    components = made["components"]
    requests.complete_schemas(components["schemas"])
    responses.complete_components(components)
    components["securitySchemes"] = SCHEMES
    return made


def text(made: Properties) -> str:
    """Return a document as text, in a stable format."""
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _version() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    known: list[dict[str, list[str]]] = [{BEARER: []}, {COOKIE: []}]
    if not endpoint.public:
        return known
    return [{}, *known] if endpoint.authenticates else []
