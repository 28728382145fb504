"""moto's DynamoDB, called without botocore and werkzeug, which took longer than the tables.

moto parses, executes and answers the requests as usual, errors included. The engine's lock and listeners apply.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.parse import JSONParser
from moto.core.utils import get_service_model, utcnow
from moto.dynamodb.responses import DynamoHandler
from werkzeug.http import http_date

from gatehouse.transport.http_response import HttpResponse
from gatehouse_dev.resource_names import ACCOUNT, REGION

HOST = f"dynamodb.{REGION}.amazonaws.com"


@dataclass(frozen=True, slots=True)
class _Request:
    """The attributes of a request that moto and the engine read."""

    headers: Mapping[str, str]
    data: bytes


class _Handler(DynamoHandler):
    """moto's handler, for requests without werkzeug."""

    def setup_class(self, request: Any, *_: Any, **__: Any) -> None:
        """Set only the attributes that DynamoDB's operations need."""
        self.region, self.current_account = REGION, ACCOUNT
        self.headers, self.querystring = request.headers, {}
        self.response_headers = {"server": "amazon.com", "date": http_date(utcnow())}
        operation = get_service_model(self.boto3_service_name).operation_model(self._get_action())
        parser: Any = JSONParser(operation)
        self.params = parser.parse({"body": request.data})


def respond(headers: Mapping[str, str], body: bytes) -> HttpResponse:
    """Return the response to a DynamoDB request, whose operation is in `X-Amz-Target`."""
    handler: Any = _Handler()
    status, response_headers, text = handler._dispatch(_Request(headers, body))
    return HttpResponse(status, {name.lower(): str(value) for name, value in response_headers.items()}, text.encode())
