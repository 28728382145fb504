"""Connects our transport to moto. Patches of botocore's `_make_api_call` apply to it, too.

Requests to DynamoDB can go to moto's backend directly (tests/support/backend.py).

`GATEHOUSE_TRANSPORT=botocore` runs the tests with botocore instead.
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

real_request, real_open = ConnectionPool.request, ConnectionPool.open
real_call: Any = Client._make_api_call


@contextmanager
def patched_transports(*, direct: bool = False) -> Iterator[None]:
    """Route calls of both transports through `BaseClient._make_api_call`, also when tests patch it.

    With `direct`, requests to DynamoDB bypass moto's stubber.
    """
    botocores: Any = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        return (real_call if isinstance(client, Client) else botocores)(client, operation, parameters)

    def as_botocore(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        return vars(BaseClient)["_make_api_call"](client, operation, parameters)

    with (
        patch.object(BaseClient, "_make_api_call", call),
        patch.object(Client, "_make_api_call", as_botocore),
        patch.object(ConnectionPool, "request", direct_path if direct else http_path),
        patch.object(ConnectionPool, "open", lambda _: None),
    ):
        yield


def direct_path(pool: ConnectionPool, method: str, headers: Mapping[str, str], body: bytes = b"") -> HttpResponse:
    """Send a request to moto's backend, without HTTP; the responses are those of `http_path`."""
    if pool.host == backend.HOST and botocore_stubber.enabled:
        return backend.respond(headers, body)
    return http_path(pool, method, headers, body)


def http_path(pool: ConnectionPool, method: str, headers: Mapping[str, str], body: bytes = b"") -> HttpResponse:
    """Send a request through moto's stubber; a request to another host than AWS goes over the network."""
    sent_headers = HTTPHeaders()
    for name, value in headers.items():
        sent_headers[name] = value
    request = AWSPreparedRequest(method, pool.url + pool.path, sent_headers, body, stream_output=False)
    event = f"before-send.{pool.host.partition('.')[0]}.x"  # botocore's name of it
    response = botocore_stubber(event, request) if botocore_stubber.enabled else None
    if response is None:
        return real_request(pool, method, headers, body)
    headers_received = {name.lower(): str(value) for name, value in response.headers.items()}
    return HttpResponse(response.status_code, headers_received, response.content)
