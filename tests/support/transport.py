"""The transport of our own under the tests: moto answers it, and who listens at botocore's edge hears it, too.

DynamoDB's part of moto can be asked without what stands before it (tests/support/backend.py), the others cannot.

`GATEHOUSE_TRANSPORT=botocore` runs any of the tests on the other one.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

from gatehouse.transport.client import Client
from gatehouse.transport.connections import ConnectionPool
from gatehouse.transport.http_response import HttpResponse
from tests.support import backend

CHOSEN = os.environ.get("GATEHOUSE_TRANSPORT", "own")

real_request = ConnectionPool.request
real_call: Any = Client._make_api_call


@contextmanager
def patched_transports(*, short: bool = False) -> Iterator[None]:
    """Calls of both transports pass through `BaseClient._make_api_call`, whatever tests put there.

    On the `short` way requests to DynamoDB do not pass through moto's stubber.
    """
    botocores: Any = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        return (real_call if isinstance(client, Client) else botocores)(client, operation, parameters)

    def edge(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        return vars(BaseClient)["_make_api_call"](client, operation, parameters)

    with (
        patch.object(BaseClient, "_make_api_call", call),
        patch.object(Client, "_make_api_call", edge),
        patch.object(ConnectionPool, "request", direct_path if short else http_path),
        patch.object(ConnectionPool, "open", lambda _: None),
    ):
        yield


def direct_path(lines: ConnectionPool, method: str, headers: Mapping[str, str], body: bytes = b"") -> HttpResponse:
    """The same answers as on the whole way."""
    if lines.host == backend.HOST and botocore_stubber.enabled:
        return backend.respond(headers, body)
    return http_path(lines, method, headers, body)


def http_path(lines: ConnectionPool, method: str, headers: Mapping[str, str], body: bytes = b"") -> HttpResponse:
    """Bytes out and bytes in; what is no address of AWS is really asked."""
    given = HTTPHeaders()
    for name, value in headers.items():
        given[name] = value
    request = AWSPreparedRequest(method, lines.url + lines.path, given, body, stream_output=False)
    event = f"before-send.{lines.host.partition('.')[0]}.x"  # as botocore calls it
    answer = botocore_stubber(event, request) if botocore_stubber.enabled else None
    if answer is None:
        return real_request(lines, method, headers, body)
    told = {name.lower(): str(value) for name, value in answer.headers.items()}
    return HttpResponse(answer.status_code, told, answer.content)
