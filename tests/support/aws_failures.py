"""AWS in trouble."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

UNREACHABLE = EndpointConnectionError(endpoint_url="https://aws.example")


def client_error(code: str, status: int = 400) -> ClientError:
    """What botocore raises when a service answers with an error."""
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Operation")


@contextmanager
def failing_calls(error: Exception, *operations: str, times: int = 1_000_000) -> Iterator[list[str]]:
    """The first `times` calls of `operations`, or of any, raise `error`; what was asked for is in the list."""
    real: Any = vars(BaseClient)["_make_api_call"]  # where all operations pass
    asked: list[str] = []

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operations and operation not in operations:
            return real(client, operation, parameters)
        asked.append(operation)
        if len(asked) <= times:
            raise error.with_traceback(None)  # raised again and again, it would drag all its frames along
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", call):
        yield asked
