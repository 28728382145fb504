"""A cloud with a memory: whatever was answered once is answered again, so that each repetition finds the same rows.

Reads are remembered by what they ask for. Writes have fresh ids and times in them, so they are remembered by operation
and tables.
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
_PASSED_ON = ("authorization", "content-type", "x-amz-date", "x-amz-security-token", "x-amz-target")

type Upstream = Callable[[Request], Response]


class Memory:
    """What one function was answered; `calls` counts DynamoDB's by operation, others' by service and operation."""

    def __init__(self, upstream: Upstream) -> None:
        """`upstream` is asked what is not known yet."""
        self.calls = Counter[str]()
        self._upstream = upstream
        self._known: dict[object, Response] = {}
        self._lock = Lock()

    def __call__(self, request: Request) -> Response:
        """Answer the function."""
        service, _, operation = request.headers["x-amz-target"].rpartition(".")
        key = _key(operation, request.body)
        with self._lock:
            self.calls[operation if service.startswith("DynamoDB_") else f"{service}.{operation}"] += 1
            if key not in self._known:
                self._known[key] = _checked(self._upstream(request))
            return self._known[key]


def upstream(address: str) -> Upstream:
    """Whatever listens at a host and port."""

    def ask(request: Request) -> Response:
        connection = HTTPConnection(address, timeout=10)
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        connection.request(request.method, request.path, request.body, headers)
        response = connection.getresponse()
        try:
            kind = response.headers.get("content-type", "application/x-amz-json-1.0")
            return Response(status=response.status, headers={"content-type": kind}, body=response.read())
        finally:
            connection.close()

    return ask


def _key(operation: str, body: bytes) -> object:
    if operation.startswith(_READS):
        return operation, body
    return operation, frozenset(_tables(json.loads(body)))


def _tables(asked: Any) -> Iterator[str]:
    """The names of all tables in a request, however deep."""
    if isinstance(asked, dict):
        yield from (value for name, value in asked.items() if name == "TableName")
        yield from asked.get("RequestItems", ())
    for value in asked.values() if isinstance(asked, dict) else asked if isinstance(asked, list) else ():
        yield from _tables(value)


def _checked(response: Response) -> Response:
    """The answer with the sum that DynamoDB sends along."""
    sums = {"x-amzn-requestid": "0" * 52, "x-amz-crc32": str(crc32(response.body))}
    return replace(response, headers=dict(response.headers) | sums)
