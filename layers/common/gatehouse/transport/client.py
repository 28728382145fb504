"""The client that PynamoDB's connection calls in place of botocore's: same operations, results and errors."""

import time
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from botocore.retries import quota
from pynamodb.connection.base import Connection

from gatehouse.transport import CONNECT_SECONDS, READ_SECONDS
from gatehouse.transport.config import Settings
from gatehouse.transport.connections import ConnectionPool
from gatehouse.transport.credentials import Credentials
from gatehouse.transport.json_codec import encode
from gatehouse.transport.responses import parse_response, with_metadata
from gatehouse.transport.retries import RetryState
from gatehouse.transport.signing import Signer, clear_key_cache

_CREDENTIAL_ERRORS = {"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"}
_CLOCK_ERRORS = {"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"}
_MAX_SKEW = 240  # seconds; DynamoDB accepts a difference of 300


class Client:
    """A client of DynamoDB, and of the few calls of Secrets Manager that functions make; thread-safe."""

    def __init__(self, settings: Settings) -> None:
        """Each attempt may take CONNECT_SECONDS and READ_SECONDS; there are pauses between attempts."""
        self._credential_provider = settings.credentials
        self._pool = ConnectionPool(
            settings.url, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS, ca_bundle=settings.ca_bundle
        )
        self._signer = Signer(
            host=self._pool.host, path=self._pool.path, region=settings.region, service=settings.service
        )
        self._quota = quota.RetryQuota()
        self._clock_offset = 0.0  # seconds that DynamoDB's clock is ahead of ours
        self.meta = SimpleNamespace(  # the attributes of botocore's client that others read
            endpoint_url=settings.url, service_model=SimpleNamespace(signing_name=settings.service.name)
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
        attempts = RetryState(self._quota)
        while True:
            credentials = self._credential_provider.current()
            headers = self._signer.sign(operation, body, credentials, time.time() + self._clock_offset)
            try:
                found = parse_response(operation, self._pool.request("POST", headers, body))
            except (BotoCoreError, ClientError) as error:
                if not attempts.should_retry(error, fixed=self._recovers(error, credentials)):
                    raise with_metadata(error, **attempts.facts) from None
            else:
                attempts.succeeded()
                found["ResponseMetadata"] |= attempts.facts
                return found

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

    client: Any = None  # in place of the property that creates it

    def __init__(self, settings: Settings) -> None:
        super().__init__(region=settings.region)
        self.client = Client(settings)
