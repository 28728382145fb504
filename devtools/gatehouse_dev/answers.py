"""What a function answered, as HTTP: payload format 2.0, on the way out."""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from gatehouse_dev.document import Node, Properties
from gatehouse_dev.messages import BETWEEN_HOPS, Response

HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
NO_BODY = frozenset({204, 304})


class MalformedAnswer(Exception):  # the project names exceptions for what happened
    """A function answered what API Gateway cannot turn into HTTP."""


def response(answer: object) -> Response:
    """Read a function's answer; without a statusCode it is the body of a 200."""
    match answer:
        case dict() if "statusCode" in answer:
            return _declared(answer)
        case str():
            return Response(status=200, headers=(("content-type", "application/json"),), body=answer.encode())
    return Response(status=200, headers=(("content-type", "application/json"),), body=json.dumps(answer).encode())


def _declared(answer: Properties) -> Response:
    headers = tuple(_answered_headers(answer))
    body = _answered_body(answer)
    status = _status(answer["statusCode"])
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
    if not 200 <= status <= 599:  # noqa: PLR2004  # the statuses that end a request
        text = f"{value!r} is not a status code"
        raise MalformedAnswer(text)
    return status


def _answered_headers(answer: Properties) -> Iterator[tuple[str, str]]:
    headers, cookies = answer.get("headers") or {}, answer.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        text = "headers must be a mapping and cookies a list"
        raise MalformedAnswer(text)
    for name, value in [*headers.items(), *(("set-cookie", cookie) for cookie in cookies)]:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, dict | list | None) or not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(text):
            text = f"header {name!r} cannot be sent"
            raise MalformedAnswer(text)
        if name.lower() not in BETWEEN_HOPS | {"content-length"}:
            yield name.lower(), text


def _answered_body(answer: Properties) -> bytes:
    body = answer.get("body") or ""
    if not isinstance(body, str):
        text = f"the body is {type(body).__name__}, not text"
        raise MalformedAnswer(text)
    if not answer.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        text = "the body is not base64"
        raise MalformedAnswer(text) from None
