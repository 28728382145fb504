"""botocore's client and ours, told the same and asked the same: what comes of it in one form."""

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
URL = "https://dynamodb.eu-west-1.amazonaws.example"  # no such place
KEYS = Credentials(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token="t" * 300)
ATTEMPTS = 3


def ours(url: str = URL, source: Any = None, read_seconds: float = 60, service: Service = DYNAMODB) -> Client:
    """Our client; `_make_api_call` asks it behind the back of whoever listens at botocore's edge."""
    place = Settings(
        service=service, region="eu-west-1", url=url, ca_bundle="", credentials=source or StaticCredentials(KEYS)
    )
    return Client(place, connect_seconds=60, read_seconds=read_seconds, attempts=ATTEMPTS)


def botocores(service: Service) -> Any:
    """The other client."""
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
    """With base64 for bytes."""
    return json.dumps(value, default=lambda raw: base64.b64encode(raw).decode()).encode()


def told(body: Any, status: int = 200, *, crc: int | None = None, **headers: str) -> HttpResponse:
    """An answer of DynamoDB's to `body`, which is JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else as_json(body)
    sums = {"x-amzn-requestid": "R" * 52, "x-amz-crc32": str(crc32(raw) if crc is None else crc)}
    return HttpResponse(status, sums | {"content-type": "application/x-amz-json-1.0"} | headers, raw)


@dataclass(slots=True)
class ClientPair:
    """Two clients that hear the same: `hears` are answers and errors, in their order; `sent` is what each sent."""

    client: Any
    own: Client
    hears: list[HttpResponse | Exception] = field(default_factory=list)
    sent: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def theirs(self, operation: str, parameters: dict[str, Any], *hears: HttpResponse | Exception) -> Any:
        """What comes of botocore's."""
        self.hears[:], self.sent[:] = hears, []
        return outcome(lambda: self.client._make_api_call(operation, parameters))

    def ours(self, operation: str, parameters: dict[str, Any], *hears: HttpResponse | Exception) -> Any:
        """What comes of ours."""
        self.hears[:], self.sent[:] = hears, []
        return outcome(lambda: real_call(self.own, operation, parameters))

    def before_send(self, request: Any, **_: Any) -> AWSResponse:
        """Where botocore would go to the network."""
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        self.sent.append((headers, request.body))
        answer = self._next()
        return AWSResponse(request.url, answer.status, answer.headers, Raw(answer.body))  # type: ignore[arg-type] # it takes any mapping

    def ask(self, _method: str, headers: dict[str, str], body: bytes = b"") -> HttpResponse:
        """Where ours would."""
        self.sent.append((headers, body))
        return self._next()

    def _next(self) -> HttpResponse:
        heard = self.hears.pop(0)
        if isinstance(heard, Exception):
            raise heard.with_traceback(None)
        return heard


class Raw(BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All at once."""
        yield self.read()


def both(service: Service = DYNAMODB) -> ClientPair:
    """A new pair."""
    pair = ClientPair(botocores(service), ours(service=service))
    name = pair.client.meta.service_model.service_id.hyphenize()
    pair.client.meta.events.register_first(f"before-send.{name}.*", pair.before_send)
    pair.own._pool.request = pair.ask  # type: ignore[method-assign,assignment]
    assert isinstance(pair.own._pool, ConnectionPool)
    return pair


def outcome(call: Any) -> Any:
    """A result, or an error, as far as anybody looks at one.

    botocore calls the last attempt too many where it succeeded, too, and leaves out the id of what a proxy refused.
    """
    try:
        found = call()
        found["ResponseMetadata"].pop("MaxAttemptsReached", None)
    except ClientError as error:
        response: Any = error.response
        response["ResponseMetadata"].pop("RequestId", None)
        known = {name: response.get(name) for name in ("Error", "ResponseMetadata", "Item", "CancellationReasons")}
        return "ClientError", error.operation_name, str(error), known
    except BotoCoreError as error:
        return type(error).__name__
    return found
