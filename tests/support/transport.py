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
from gatehouse.transport.http import Lines
from gatehouse.transport.reading import Answer
from tests.support import backend

CHOSEN = os.environ.get("GATEHOUSE_TRANSPORT", "own")

real_ask = Lines.ask
real_call: Any = Client._make_api_call


@contextmanager
def under_test(*, short: bool = False) -> Iterator[None]:
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
        patch.object(Lines, "ask", short_way if short else whole_way),
        patch.object(Lines, "open", lambda _: None),
    ):
        yield


def short_way(lines: Lines, method: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """The same answers as on the whole way."""
    if lines.host == backend.HOST and botocore_stubber.enabled:
        return backend.ask(headers, body)
    return whole_way(lines, method, headers, body)


def whole_way(lines: Lines, method: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """Bytes out and bytes in; what is no address of AWS is really asked."""
    given = HTTPHeaders()
    for name, value in headers.items():
        given[name] = value
    request = AWSPreparedRequest(method, lines.url + lines.path, given, body, stream_output=False)
    event = f"before-send.{lines.host.partition('.')[0]}.x"  # as botocore calls it
    answer = botocore_stubber(event, request) if botocore_stubber.enabled else None
    if answer is None:
        return real_ask(lines, method, headers, body)
    told = {name.lower(): str(value) for name, value in answer.headers.items()}
    return Answer(answer.status_code, told, answer.content)
