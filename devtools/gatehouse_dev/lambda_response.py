"""Convert a function's response, in payload format 2.0, to HTTP."""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from gatehouse_dev.messages import BETWEEN_HOPS, Response
from gatehouse_dev.template_file import Node, Properties

HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
NO_BODY = frozenset({204, 304})


class MalformedResponse(Exception):  # exceptions are named for what happened
    """The function's response cannot be converted to HTTP."""


def parse_response(result: object) -> Response:
    """Parse a function's response; without a statusCode it is the body of a 200."""
    match result:
        case dict() if "statusCode" in result:
            return _from_fields(result)
        case str():
            return Response(status=200, headers=(("content-type", "application/json"),), body=result.encode())
    return Response(status=200, headers=(("content-type", "application/json"),), body=json.dumps(result).encode())


def _from_fields(result: Properties) -> Response:
    headers = tuple(_headers(result))
    body = _body(result)
    status = _status(result["statusCode"])
    if status in NO_BODY:
        return Response(status=status, headers=headers)
    if not any(name == "content-type" for name, _ in headers):
        headers = (*headers, ("content-type", "text/plain;charset=UTF-8"))
    return Response(status=status, headers=headers, body=body)


def _status(value: Node) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError):
        status = 0
    if not 200 <= status <= 599:  # noqa: PLR2004  # final statuses
        text = f"{value!r} is not a status code"
        raise MalformedResponse(text)
    return status


def _headers(result: Properties) -> Iterator[tuple[str, str]]:
    headers, cookies = result.get("headers") or {}, result.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        text = "headers must be a mapping and cookies a list"
        raise MalformedResponse(text)
    for name, value in [*headers.items(), *(("set-cookie", cookie) for cookie in cookies)]:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, dict | list | None) or not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(text):
            text = f"header {name!r} cannot be sent"
            raise MalformedResponse(text)
        if name.lower() not in BETWEEN_HOPS | {"content-length"}:
            yield name.lower(), text


def _body(result: Properties) -> bytes:
    body = result.get("body") or ""
    if not isinstance(body, str):
        text = f"the body is {type(body).__name__}, not text"
        raise MalformedResponse(text)
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        text = "the body is not base64"
        raise MalformedResponse(text) from None
