"""AWS calls that fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

UNREACHABLE = EndpointConnectionError(endpoint_url="https://aws.example")


def client_error(code: str, status: int = 400) -> ClientError:
    """Return the exception that botocore raises for an error response."""
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


@contextmanager
def failing_calls(error: Exception, *operations: str, times: int = 1_000_000) -> Iterator[list[str]]:
    """Let the first `times` calls of `operations`, or of any, raise `error`. Yields the list of matching calls."""
    real: Any = vars(BaseClient)["_make_api_call"]  # all operations pass through it
    attempted: list[str] = []

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operations and operation not in operations:
            return real(client, operation, parameters)
        attempted.append(operation)
        if len(attempted) <= times:
            raise error.with_traceback(None)  # one exception raised repeatedly would collect frames
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", call):
        yield attempted
