"""A cloud that replays its first response to each request, so that each repetition reads the same rows.

Reads are matched by their whole request. Writes contain new ids and times, so they are matched by operation and tables.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPConnection
from threading import Lock
from typing import Any
from zlib import crc32

from tests.performance.serving import Request, Response

_READS = ("Get", "BatchGet", "Query", "Scan", "TransactGet", "Describe", "List")
_FORWARDED = ("authorization", "content-type", "x-amz-date", "x-amz-security-token", "x-amz-target")

type Upstream = Callable[[Request], Response]


class ReplayingCloud:
    """The responses to one function. `calls` counts DynamoDB's by operation, others by service and operation."""

    def __init__(self, upstream: Upstream) -> None:
        """`upstream` responds to new requests."""
        self.calls = Counter[str]()
        self._upstream = upstream
        self._responses: dict[object, Response] = {}
        self._lock = Lock()

    def __call__(self, request: Request) -> Response:
        """Respond to the function."""
        service, _, operation = request.headers["x-amz-target"].rpartition(".")
        key = _key(operation, request.body)
        with self._lock:
            self.calls[operation if service.startswith("DynamoDB_") else f"{service}.{operation}"] += 1
            if key not in self._responses:
                self._responses[key] = _with_checksum(self._upstream(request))
            return self._responses[key]


def upstream(address: str) -> Upstream:
    """Return a function that sends requests to a host and port."""

    def send(request: Request) -> Response:
        connection = HTTPConnection(address, timeout=10)
        headers = {name: request.headers[name] for name in _FORWARDED if name in request.headers}
        connection.request(request.method, request.path, request.body, headers)
        response = connection.getresponse()
        try:
            kind = response.headers.get("content-type", "application/x-amz-json-1.0")
            return Response(status=response.status, headers={"content-type": kind}, body=response.read())
        finally:
            connection.close()

    return send


def _key(operation: str, body: bytes) -> object:
    if operation.startswith(_READS):
        return operation, body
    return operation, frozenset(_tables(json.loads(body)))


def _tables(request: Any) -> Iterator[str]:
    """Return the names of all tables in a request, at any depth."""
    if isinstance(request, dict):
        yield from (value for name, value in request.items() if name == "TableName")
        yield from request.get("RequestItems", ())
    for value in request.values() if isinstance(request, dict) else request if isinstance(request, list) else ():
        yield from _tables(value)


def _with_checksum(response: Response) -> Response:
    """Return the response with the checksum header of DynamoDB."""
    checksum = {"x-amzn-requestid": "0" * 52, "x-amz-crc32": str(crc32(response.body))}
    return replace(response, headers=dict(response.headers) | checksum)
