"""botocore's client and ours with the same responses: the requests and results of both, in a form that compares."""

import base64
import json
from functools import partial
from typing import Any
from unittest.mock import patch
from zlib import crc32

from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError
from botocore.session import get_session
from moto.core.models import botocore_stubber

from gatehouse.transport import ATTEMPTS
from gatehouse.transport.client import Client
from gatehouse.transport.config import DYNAMODB, Service, Settings
from gatehouse.transport.connections import AUTHORITIES
from gatehouse.transport.credentials import Credentials, StaticCredentials
from gatehouse.transport.http_response import HttpResponse
from tests.support.scripted_service import Behaviour, http_message, send
from tests.support.transport import real_call

KEYS = Credentials(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token="t" * 300)
KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
CONNECT_TIMEOUT, READ_TIMEOUT = 61.0, 60.0  # seconds, for a busy machine

type Exchange = tuple[Any, list[Any]]  # result or error, and the request of each attempt


def own_client(
    url: str, credentials: Any = None, *, service: Service = DYNAMODB, ca_bundle: str = AUTHORITIES
) -> Client:
    """Return our client; tests call it directly, past the recorders that listen to botocore's calls."""
    source = credentials or StaticCredentials(KEYS)
    client = Client(Settings(service=service, region="eu-west-1", url=url, ca_bundle=ca_bundle, credentials=source))
    client._pool._connect_seconds, client._pool._read_seconds = CONNECT_TIMEOUT, READ_TIMEOUT
    return client


def dynamodb_response(body: Any, status: int = 200, *, crc: int | None = None, **headers: str) -> HttpResponse:
    """Return a response of DynamoDB with `body`, which is JSON unless it is bytes."""
    as_json = partial(json.dumps, default=lambda raw: base64.b64encode(raw).decode())
    raw = body if isinstance(body, bytes) else as_json(body).encode()
    defaults = {"x-amzn-requestid": "R" * 52, "x-amz-crc32": str(crc32(raw) if crc is None else crc)}
    return HttpResponse(status, defaults | {"content-type": "application/x-amz-json-1.0"} | headers, raw)


def respond(body: Any, status: int = 200, **more: Any) -> Behaviour:
    """Send such a response."""
    return send(http_message(*dynamodb_response(body, status, **more)))


def refuse(code: str, status: int = 400, **headers: str) -> Behaviour:
    """Respond with an error of DynamoDB."""
    return respond({"__type": f"x#{code}", "message": "no"}, status, **headers)


ROW = {"sk": {"S": "x"}, "secrets": {"BS": [b"\x00\xff"]}}
WHOLE = http_message(*dynamodb_response({"Item": ROW}))
FOUND = send(WHOLE)


def get_row(client: Client) -> Any:
    """Read the row with our client."""
    return real_call(client, "GetItem", KEY)


def outcome(client: Client) -> int | str:
    """Read the row, and return the number of retries, or what is visible of an error."""
    try:
        found = get_row(client)
    except ClientError as error:
        return error.response["Error"]["Code"]
    except CredentialRetrievalError as error:
        return str(error.__cause__ or error).rpartition(": ")[2]
    except BotoCoreError as error:
        return type(error).__name__
    assert found["Item"] == ROW
    return int(found["ResponseMetadata"]["RetryAttempts"])


class ClientPair:
    """botocore's client and ours, with the same settings."""

    def __init__(self, service: Service, url: str, credentials: Credentials) -> None:
        """Create both."""
        self.own = own_client(url, StaticCredentials(credentials), service=service)
        self.botocore: Any = get_session().create_client(
            service.name,
            region_name="eu-west-1",
            endpoint_url=url,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token or None,
            config=Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": ATTEMPTS}),
        )

    def both(self, *call: Any) -> tuple[Exchange, Exchange]:
        """Return the outcomes of botocore's client and of ours."""
        return self.call(self.botocore, *call), self.call(self.own, *call)

    def call(self, client: Any, operation: str, parameters: Any, *responses: HttpResponse | Exception) -> Exchange:
        """Return the outcome of one call, for which the attempts get these responses or errors."""
        remaining, sent = [*responses], []

        def respond(request: AWSPreparedRequest) -> HttpResponse:
            sent.append(request)
            response = remaining.pop(0)
            if isinstance(response, Exception):
                raise response.with_traceback(None)
            return response

        with patch.multiple(botocore_stubber, enabled=True, process_request=respond):
            return comparable(partial(vars(BaseClient)["_make_api_call"], client, operation, parameters)), sent


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
