"""Convert a request to the event that API Gateway sends to a function, in payload format 2.0.

According to published events of live APIs, the path is decoded, and only `text/*`, JSON, XML and JavaScript bodies are
text; forms and bodies without a content type are in base64.
"""

import base64
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote

from gatehouse_dev.messages import BETWEEN_HOPS, Request
from gatehouse_dev.resource_names import ACCOUNT
from gatehouse_dev.routing import Match
from gatehouse_dev.template_file import Properties

TEXT = re.compile(r"text/.*|application/(json|xml|javascript)")


def make_event(request: Request, match: Match) -> Properties:
    """Return the event that the function of a route receives."""
    body, encoded = _body(request)
    optional = {
        "cookies": _cookies(request),
        "queryStringParameters": _joined(parse_qsl(request.raw_query, keep_blank_values=True)),
        "pathParameters": match.parameters,
        "body": body,
    }
    return {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": unquote(request.raw_path),
        "rawQueryString": request.raw_query,
        "headers": _headers(request),
        "requestContext": _request_context(request, match),
        "isBase64Encoded": encoded,
    } | {key: value for key, value in optional.items() if value}


def _request_context(request: Request, match: Match) -> Properties:
    received = datetime.fromtimestamp(request.received, UTC)
    domain = request.authority.rpartition(":")[0] or request.authority
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": domain,
        "domainPrefix": domain.split(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.raw_path),
            "protocol": request.protocol,
            "sourceIp": request.peer,
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": base64.b64encode(secrets.token_bytes(11), b"-_").decode(),
        "routeKey": match.route.key,
        "stage": "$default",
        "time": received.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(request.received * 1000),
    }


def _headers(request: Request) -> dict[str, str]:
    lowered = ((name.lower(), value) for name, value in request.headers)
    dropped = BETWEEN_HOPS | {"cookie"}
    passed_on = _joined((name, value) for name, value in lowered if name not in dropped)
    forwarded = ", ".join(value for value in (request.header("x-forwarded-for"), request.peer) if value)
    length = {"content-length": str(len(request.body))} if request.body or "content-length" in passed_on else {}
    return (
        passed_on
        | length
        | {
            "host": request.authority,
            "x-amzn-trace-id": f"Root=1-{int(request.received):08x}-{secrets.token_hex(12)}",
            "x-forwarded-for": forwarded,
            "x-forwarded-port": request.authority.rpartition(":")[2],
            "x-forwarded-proto": "http",
        }
    )


def _cookies(request: Request) -> list[str]:
    lines = [value for name, value in request.headers if name.lower() == "cookie"]
    return [cookie.strip() for line in lines for cookie in line.split(";") if cookie.strip()]


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(request: Request) -> tuple[str, bool]:
    kind = (request.header("content-type") or "").split(";")[0].strip().lower()
    if not request.body:
        return "", False
    if TEXT.fullmatch(kind):
        try:
            return request.body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True
