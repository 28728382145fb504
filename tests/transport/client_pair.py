"""botocore's client and ours with the same responses: the requests and results of both, in a form that compares."""

import base64
import json
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple
from zlib import crc32

from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from hypothesis import settings

from gatehouse.transport.client import Client
from gatehouse.transport.config import DYNAMODB, Service, Settings
from gatehouse.transport.credentials import Credentials, StaticCredentials
from gatehouse.transport.http_response import HttpResponse
from tests.support.transport import real_call

QUICK = settings(max_examples=20, derandomize=True, database=None, deadline=None)
URL = "https://dynamodb.eu-west-1.amazonaws.example"  # does not exist
KEYS = Credentials(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token="t" * 300)
ATTEMPTS = 3
KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
ROW = {"sk": {"S": "x"}, "secret": {"B": b"\x00\xff"}}


def own_client(
    url: str = URL, source: Any = None, *, read_seconds: float = 60, service: Service = DYNAMODB, ca_bundle: str = ""
) -> Client:
    """Return our client; tests call it directly, past the recorders that listen to botocore's calls."""
    configuration = Settings(
        service=service, region="eu-west-1", url=url, ca_bundle=ca_bundle, credentials=source or StaticCredentials(KEYS)
    )
    return Client(configuration, connect_seconds=60, read_seconds=read_seconds, attempts=ATTEMPTS)


def get_row(client: Client) -> Any:
    """Read a row with our client."""
    return real_call(client, "GetItem", KEY)


def dynamodb_response(body: Any, status: int = 200, *, crc: int | None = None, **headers: str) -> HttpResponse:
    """Return a response of DynamoDB with `body`, which is JSON unless it is bytes."""
    as_json = partial(json.dumps, default=lambda raw: base64.b64encode(raw).decode())
    raw = body if isinstance(body, bytes) else as_json(body).encode()
    defaults = {"x-amzn-requestid": "R" * 52, "x-amz-crc32": str(crc32(raw) if crc is None else crc)}
    return HttpResponse(status, defaults | {"content-type": "application/x-amz-json-1.0"} | headers, raw)


OK = dynamodb_response({"Item": ROW})


class Outcome(NamedTuple):
    """What a client returned or raised, and the headers and body of each request."""

    result: Any
    sent: list[tuple[dict[str, str], bytes]]


class ClientPair:
    """botocore's client and ours, without network."""

    def __init__(self, service: Service = DYNAMODB) -> None:
        """Let both get their responses here."""
        self._responses: list[HttpResponse | Exception] = []
        self._sent: list[tuple[dict[str, str], bytes]] = []
        self.own = own_client(service=service)
        self.own._pool.request = lambda _, *sent: self._respond(*sent)  # type: ignore[method-assign]
        self.botocore: Any = get_session().create_client(
            service.name,
            region_name="eu-west-1",
            endpoint_url=URL,
            aws_access_key_id=KEYS.access_key,
            aws_secret_access_key=KEYS.secret_key,
            aws_session_token=KEYS.token,
            config=Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": ATTEMPTS}),
        )
        self.botocore.meta.events.register_first("before-send.*.*", self._respond_to_botocore)

    def both(self, *call: Any) -> tuple[Outcome, Outcome]:
        """Return the outcomes of botocore's client and of ours."""
        return self.call(self.botocore, *call), self.call(self.own, *call)

    def call(self, client: Any, operation: str, parameters: Any, *responses: HttpResponse | Exception) -> Outcome:
        """Return the outcome of one call, for which the attempts get these responses or errors."""
        self._responses, self._sent = [*responses], []
        method = partial(real_call, client) if client is self.own else client._make_api_call
        return Outcome(comparable(lambda: method(operation, parameters)), self._sent)

    def _respond(self, headers: dict[str, str], body: bytes) -> HttpResponse:
        self._sent.append((headers, body))
        response = self._responses.pop(0)
        if isinstance(response, Exception):
            raise response.with_traceback(None)
        return response

    def _respond_to_botocore(self, request: Any, **_: Any) -> Any:
        sent = {name: each.decode() if isinstance(each, bytes) else each for name, each in request.headers.items()}
        response = self._respond(sent, request.body)
        raw: Any = BytesIO(response.body)
        raw.stream = lambda **_: iter([response.body])
        return AWSResponse(request.url, response.status, response.headers, raw)  # type: ignore[arg-type] # any mapping


def comparable(call: Any) -> Any:
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
