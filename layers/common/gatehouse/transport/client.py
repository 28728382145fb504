"""The client that PynamoDB's connection calls in place of botocore's: same operations, results and errors."""

import time
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection.base import Connection

from gatehouse.transport import responses
from gatehouse.transport.config import Settings
from gatehouse.transport.connections import ConnectionPool
from gatehouse.transport.credentials import Credentials
from gatehouse.transport.http_response import HttpResponse
from gatehouse.transport.json_codec import encode
from gatehouse.transport.retries import RetryQuota, RetryState
from gatehouse.transport.signing import clear_key_cache, sign_headers

_CREDENTIAL_ERRORS = {"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"}
_CLOCK_ERRORS = {"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"}
_MAX_SKEW = 240  # seconds; DynamoDB accepts a difference of 300


class Client:
    """A client of DynamoDB, and of the few calls of Secrets Manager that functions make; thread-safe."""

    def __init__(self, settings: Settings, *, connect_seconds: float, read_seconds: float, attempts: int) -> None:
        """Each of the `attempts` may take both times; there are pauses between them."""
        trusted = {"ca_bundle": settings.ca_bundle} if settings.ca_bundle else {}
        self._pool = ConnectionPool(settings.url, connect_seconds=connect_seconds, read_seconds=read_seconds, **trusted)
        self._service, self._region, self._credential_provider = settings.service, settings.region, settings.credentials
        self._quota, self._attempts = RetryQuota(), attempts
        self._clock_offset = 0.0  # seconds that DynamoDB's clock is ahead of ours
        self.meta = SimpleNamespace(  # the attributes of botocore's client that others read
            endpoint_url=settings.url,
            region_name=settings.region,
            service_model=SimpleNamespace(service_name=settings.service.name, signing_name=settings.service.name),
            config=SimpleNamespace(
                connect_timeout=connect_seconds, read_timeout=read_seconds, retries={"total_max_attempts": attempts}
            ),
        )

    def open(self) -> None:
        """Open a connection before it is needed."""
        self._pool.open()

    def close(self) -> None:
        """Close connections and clear credentials that can be fetched again; the next call opens and fetches."""
        self._pool.close()
        self._credential_provider.clear()
        clear_key_cache()

    def _make_api_call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Make a call, under the name that PynamoDB uses; raises ClientError and BotoCoreError as botocore's does."""
        if operation == "TransactWriteItems" and "ClientRequestToken" not in parameters:
            parameters = parameters | {"ClientRequestToken": str(uuid4())}  # all attempts are one transaction
        body = encode(operation, parameters)
        attempts = RetryState(self._quota, self._attempts)
        while True:
            credentials = self._credential_provider.current()
            try:
                found = responses.parse_response(operation, self._send(operation, body, credentials))
            except (BotoCoreError, ClientError) as error:
                if not attempts.should_retry(error, fixed=self._recovers(error, credentials)):
                    raise responses.with_metadata(error, **attempts.facts) from None
            else:
                attempts.succeeded()
                found["ResponseMetadata"] |= attempts.facts
                return found

    def _send(self, operation: str, body: bytes, credentials: Credentials) -> HttpResponse:
        headers = sign_headers(
            {"Content-Type": self._service.content_type, "X-Amz-Target": f"{self._service.target}.{operation}"},
            body,
            host=self._pool.host,
            path=self._pool.path,
            region=self._region,
            service=self._service.name,
            credentials=credentials,
            now=time.time() + self._clock_offset,
        )
        return self._pool.request("POST", {"User-Agent": "gatehouse", "Accept-Encoding": "identity"} | headers, body)

    def _recovers(self, error: Exception, credentials: Credentials) -> bool:
        """Whether the cause of the error was fixed just now: new credentials, or the clock."""
        if not isinstance(error, ClientError):
            return False
        response: Any = error.response
        if response["Error"]["Code"] in _CREDENTIAL_ERRORS:
            return self._credential_provider.renew(credentials)
        if response["Error"]["Code"] not in _CLOCK_ERRORS:
            return False
        try:
            date = response["ResponseMetadata"]["HTTPHeaders"].get("date", "")
            ahead = parsedate_to_datetime(date).timestamp() - time.time()
        except ValueError:
            return False
        if abs(ahead - self._clock_offset) < _MAX_SKEW:
            return False  # it was right
        self._clock_offset = ahead
        return True


class OwnConnection(Connection):
    """PynamoDB's connection over our client; botocore's is never created."""

    def __init__(self, settings: Settings, **given: Any) -> None:
        """`given` are the arguments of PynamoDB's own."""
        super().__init__(region=settings.region, **given)
        self._own = Client(
            settings,
            connect_seconds=given["connect_timeout_seconds"],
            read_seconds=given["read_timeout_seconds"],
            attempts=given["retry_configuration"]["total_max_attempts"],
        )

    @property
    def client(self) -> Any:
        """Our client."""
        return self._own
