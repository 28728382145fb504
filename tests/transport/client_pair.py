"""botocore's client and ours with the same responses: the requests and results of both, in a form that compares."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zlib import crc32

from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from hypothesis import settings

from gatehouse.transport.client import Client
from gatehouse.transport.config import DYNAMODB, Service, Settings
from gatehouse.transport.connections import ConnectionPool
from gatehouse.transport.credentials import Credentials, StaticCredentials
from gatehouse.transport.http_response import HttpResponse
from tests.support.transport import real_call

QUICK = settings(max_examples=20, derandomize=True, database=None, deadline=None)
URL = "https://dynamodb.eu-west-1.amazonaws.example"  # does not exist
KEYS = Credentials(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token="t" * 300)
ATTEMPTS = 3
KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}


def own_client(
    url: str = URL, source: Any = None, read_seconds: float = 60, service: Service = DYNAMODB, ca_bundle: str = ""
) -> Client:
    """Return our client; tests call it directly, past the recorders that listen to botocore's calls."""
    configuration = Settings(
        service=service, region="eu-west-1", url=url, ca_bundle=ca_bundle, credentials=source or StaticCredentials(KEYS)
    )
    return Client(configuration, connect_seconds=60, read_seconds=read_seconds, attempts=ATTEMPTS)


def botocore_client(service: Service) -> Any:
    """Return botocore's client."""
    return get_session().create_client(
        service.name,
        region_name="eu-west-1",
        endpoint_url=URL,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        aws_session_token=KEYS.token,
        config=Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": ATTEMPTS}),
    )


def as_json(value: Any) -> bytes:
    """Encode a value, with base64 for bytes."""
    return json.dumps(value, default=lambda raw: base64.b64encode(raw).decode()).encode()


def dynamodb_response(body: Any, status: int = 200, *, crc: int | None = None, **headers: str) -> HttpResponse:
    """Return a response of DynamoDB with `body`, which is JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else as_json(body)
    defaults = {"x-amzn-requestid": "R" * 52, "x-amz-crc32": str(crc32(raw) if crc is None else crc)}
    return HttpResponse(status, defaults | {"content-type": "application/x-amz-json-1.0"} | headers, raw)


@dataclass(slots=True)
class ClientPair:
    """Two clients that get the same `responses`, or errors, in their order; `sent` is what each client sent."""

    client: Any
    own: Client
    responses: list[HttpResponse | Exception] = field(default_factory=list)
    sent: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def call_botocore(self, operation: str, parameters: dict[str, Any], *responses: HttpResponse | Exception) -> Any:
        """Return the result of botocore's client."""
        self.responses[:], self.sent[:] = responses, []
        return outcome(lambda: self.client._make_api_call(operation, parameters))

    def call_own(self, operation: str, parameters: dict[str, Any], *responses: HttpResponse | Exception) -> Any:
        """Return the result of our client."""
        self.responses[:], self.sent[:] = responses, []
        return outcome(lambda: real_call(self.own, operation, parameters))

    def before_send(self, request: Any, **_: Any) -> AWSResponse:
        """Respond in the place of botocore's network."""
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        self.sent.append((headers, request.body))
        response = self._next()
        return AWSResponse(request.url, response.status, response.headers, Raw(response.body))  # type: ignore[arg-type] # it accepts any mapping

    def request(self, _method: str, headers: dict[str, str], body: bytes = b"") -> HttpResponse:
        """Respond in the place of our connection pool."""
        self.sent.append((headers, body))
        return self._next()

    def _next(self) -> HttpResponse:
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response.with_traceback(None)
        return response


class Raw(BytesIO):
    """A body as urllib3 returns it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Return it in one piece."""
        yield self.read()


def client_pair(service: Service = DYNAMODB) -> ClientPair:
    """Return a new pair."""
    pair = ClientPair(botocore_client(service), own_client(service=service))
    name = pair.client.meta.service_model.service_id.hyphenize()
    pair.client.meta.events.register_first(f"before-send.{name}.*", pair.before_send)
    pair.own._pool.request = pair.request  # type: ignore[method-assign,assignment]
    assert isinstance(pair.own._pool, ConnectionPool)
    return pair


def outcome(call: Any) -> Any:
    """Return a result, or what callers see of an error.

    botocore marks the last attempt as one too many even if it succeeded, and omits the id of a proxy's response.
    """
    try:
        found = call()
        found["ResponseMetadata"].pop("MaxAttemptsReached", None)
    except ClientError as error:
        response: Any = error.response
        response["ResponseMetadata"].pop("RequestId", None)
        visible = {name: response.get(name) for name in ("Error", "ResponseMetadata", "Item", "CancellationReasons")}
        return "ClientError", error.operation_name, str(error), visible
    except BotoCoreError as error:
        return type(error).__name__
    return found
