"""Add the responses that the routers do not declare: errors, redirects and others."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from starlette.responses import Response

from gatehouse_dev.openapi.endpoints import Endpoint
from gatehouse_dev.template_file import Properties


class ResponseSpec(NamedTuple):
    """A response by status: its component name, its description, and its headers."""

    name: str
    meaning: str
    by_gateway: bool = False
    headers: tuple[str, ...] = ()


REFUSALS = {
    400: ResponseSpec("BadRequest", "The input is not valid, or the operation is not possible."),
    401: ResponseSpec("Unauthorized", "The credentials are missing or not valid.", headers=("WWW-Authenticate",)),
    403: ResponseSpec("Forbidden", "The origin or a redirect target is not trusted, or the session is not fresh."),
    404: ResponseSpec("NotFound", "The object does not exist, or it belongs to another user.", by_gateway=True),
    409: ResponseSpec("Conflict", "The provider account is linked to another user."),
    410: ResponseSpec("Gone", "The sync token is too old."),
    412: ResponseSpec("PreconditionFailed", "The task does not match `If-Match`."),
    413: ResponseSpec(
        "TooLarge",
        "The body is larger than 256 KiB (`tasks/bulk`: 2.5 MiB, a provider's form: 16 KiB).",
        by_gateway=True,
    ),
    415: ResponseSpec("UnsupportedMediaType", "The body is not `application/json`."),
    422: ResponseSpec("Unprocessable", "The request conflicts with an earlier one or with existing data."),
    429: ResponseSpec(
        "TooManyRequests", "Too many requests; try again later.", by_gateway=True, headers=("Retry-After",)
    ),
    502: ResponseSpec("BadGateway", "The provider does not respond correctly; try again in a moment."),
    503: ResponseSpec("Unavailable", "The service is unavailable; try again in a moment.", by_gateway=True),
}
ALWAYS = {400, 429, 503}
WITH_BODY = {"POST", "PUT", "PATCH"}
FOUND, NOT_MODIFIED = 302, 304
BY_PARAMETER = {"if-match": 412, "idempotency-key": 422, "since": 410, "callbackURL": 403, "redirect_uri": 403}
BY_ENDPOINT = {
    "account_info": {404},
    "back_from_google": {FOUND, 404},
    "delete_passkey": {404},
    "delete_user": {404},
    "delete_user_callback": {FOUND, 401, 404},
    "error": {FOUND},
    "expo_authorization_proxy": {FOUND},
    "go_to_google": {FOUND, 404, 502},
    "link_social": {404, 409, 502},
    "login": {401},
    "me": {401},
    "oauth_callback": {FOUND},
    "callback_post": {FOUND},
    "refresh": {401},
    "register": {422},
    "reset_password_follow_link": {FOUND},
    "sign_in": {401},
    "sign_in_social": {401, 404, 502},
    "update_passkey": {404},
    **{key: {401} for key in ("send_otp", "verify_backup_code", "verify_otp", "verify_totp")},
    "sign_up": {422},
    "signin": {401},
    "signup": {422},
    "unsubscribe_follow_link": {FOUND},
    "verify_email_follow_link": {FOUND, 401},
}  # statuses that cannot be derived from the parameters

REFERENCE = "#/components/schemas/"
TEXT: Properties = {"type": "string"}
FLAG: Properties = {"type": "boolean"}
OTHER_BODIES: dict[str, Properties] = {
    "delete_user_callback": {"type": "object", "properties": {"success": FLAG, "message": TEXT}},
    "verify_email_follow_link": {
        "type": "object",
        "properties": {"status": FLAG, "user": {"anyOf": [{"$ref": f"{REFERENCE}UserBody"}, {"type": "null"}]}},
    },
}  # endpoints that answer with a body when they do not redirect
NEVER_200 = {
    "back_from_google",
    "expo_authorization_proxy",
    "go_to_google",
    "oauth_callback",
    "callback_post",
    "reset_password_follow_link",
    "update_session",
}
FILES = {"export_tasks": "text/csv", "export_tasks_of_user": "text/csv"}
PICTURE = "send_picture_of_user"
PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp")


def without_content(operation: Properties) -> Properties:
    """Return the operation of HEAD, given that of GET."""
    kept = {
        status: {name: value for name, value in response.items() if name != "content"}
        for status, response in operation["responses"].items()
    }
    return operation | {"responses": kept}


def complete(operation: Properties, endpoint: Endpoint) -> None:
    """Add all responses of an endpoint. FastAPI's own 422 is never sent, so it is removed."""
    responses = operation["responses"]
    responses.pop("422", None)
    _correct_success(responses, endpoint)
    for status in _statuses(operation, endpoint):
        responses[str(status)] = _response(status)


def complete_components(components: Properties) -> None:
    """Add the responses that all operations share."""
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["schemas"] |= {"Error": _error(), "GatewayError": _object({"message": TEXT})}
    components["responses"] = {spec.name: _error_response(spec) for spec in REFUSALS.values()}


def _statuses(operation: Properties, endpoint: Endpoint) -> set[int]:
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    changing = endpoint.method != "GET"
    return (
        ALWAYS
        | BY_ENDPOINT.get(endpoint.name, set())
        | {status for name, status in BY_PARAMETER.items() if name in names}
        | ({413, 415} if endpoint.method in WITH_BODY else set())
        | (set() if endpoint.public else {401})
        | ({403} if changing or endpoint.uses("_fresh_user") else set())
        | ({404} if "{" in endpoint.route.path else set())
        | ({NOT_MODIFIED} if "if-none-match" in names and not changing else set())
    )


def _correct_success(responses: Properties, endpoint: Endpoint) -> None:
    """Correct the success response where a route returns a `Response`."""
    if endpoint.name in OTHER_BODIES:
        responses["200"]["content"] = _json(OTHER_BODIES[endpoint.name])
    elif endpoint.name in NEVER_200:
        del responses["200"]
    if endpoint.name == PICTURE:
        responses["200"]["content"] = {kind: {"schema": TEXT | {"format": "binary"}} for kind in PICTURE_TYPES}
    if endpoint.name in FILES:
        responses["200"]["content"][FILES[endpoint.name]] = {"schema": TEXT}
    returned = endpoint.route.endpoint.__annotations__.get("return")
    if isinstance(returned, type) and issubclass(returned, Response) and returned.media_type:
        responses["200"]["content"] = {returned.media_type: {"schema": TEXT}}


def _response(status: int) -> Properties:
    if status == FOUND:
        return {"description": "A redirect to the next page.", "headers": _headers("Location")}
    if status == NOT_MODIFIED:
        return {
            "description": "The task or the picture has not changed since the client read it.",
            "headers": _headers("ETag"),
        }
    return {"$ref": f"#/components/responses/{REFUSALS[status].name}"}


def _error_response(spec: ResponseSpec) -> Properties:
    kinds = [{"$ref": f"{REFERENCE}{name}"} for name in ("Error", "GatewayError")]
    response = {"description": spec.meaning, "content": _json({"anyOf": kinds} if spec.by_gateway else kinds[0])}
    return response | ({"headers": _headers(*spec.headers)} if spec.headers else {})


def _error() -> Properties:
    body = {"code": {"type": "string", "enum": sorted(_codes())}, "message": TEXT, "requestId": TEXT}
    schema = _object(body)
    schema["properties"] |= {"details": {"description": "Details, such as the invalid fields."}}
    return schema


def _codes() -> set[str]:
    from gatehouse.errors import Refusal  # noqa: PLC0415 -- the layer reads the environment when imported

    return {kind.code for kind in _subclasses(Refusal)}


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from _subclasses(narrower)


def _object(properties: Properties) -> Properties:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _json(schema: Properties) -> Properties:
    return {"application/json": {"schema": schema}}


def _headers(*names: str) -> Properties:
    return {name: {"schema": TEXT} for name in names}
