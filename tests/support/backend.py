"""moto's DynamoDB without botocore and werkzeug in between, which took longer than the tables did.

How a request is parsed, carried out and answered is moto's own, errors included; the engine's lock and its listeners
are around it as ever.
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
    """What moto and the engine look at."""

    headers: Mapping[str, str]
    data: bytes


class _Handler(DynamoHandler):
    """moto's, for requests that nobody has wrapped."""

    def setup_class(self, request: Any, *_: Any, **__: Any) -> None:
        """All that the operations of DynamoDB need of what the real one sets."""
        self.region, self.current_account = REGION, ACCOUNT
        self.headers, self.querystring = request.headers, {}
        self.response_headers = {"server": "amazon.com", "date": http_date(utcnow())}
        operation = get_service_model(self.boto3_service_name).operation_model(self._get_action())
        parser: Any = JSONParser(operation)
        self.params = parser.parse({"body": request.data})


def respond(headers: Mapping[str, str], body: bytes) -> HttpResponse:
    """The answer to a request of DynamoDB's, which names its operation in `X-Amz-Target`."""
    handler: Any = _Handler()
    status, told, text = handler._dispatch(_Request(headers, body))
    return HttpResponse(status, {name.lower(): str(value) for name, value in told.items()}, text.encode())
