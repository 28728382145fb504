"""What PynamoDB's connection calls in place of botocore's client: the same operations, answers and errors."""

import time
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection.base import Connection

from gatehouse.transport import answers
from gatehouse.transport.config import Settings
from gatehouse.transport.credentials import Credentials
from gatehouse.transport.http import Lines
from gatehouse.transport.reading import Answer
from gatehouse.transport.retries import Attempts, Quota
from gatehouse.transport.signing import forget, signed
from gatehouse.transport.values import encode

_OF_CREDENTIALS = {"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"}
_OF_THE_CLOCK = {"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"}
_SKEWED = 240  # seconds; DynamoDB takes a signature that is off by 300


class Client:
    """DynamoDB, or the little that functions ask of Secrets Manager; any thread may call."""

    def __init__(self, settings: Settings, *, connect_seconds: float, read_seconds: float, attempts: int) -> None:
        """Each of the `attempts` may take both times, and pauses come between them."""
        trusted = {"ca_bundle": settings.ca_bundle} if settings.ca_bundle else {}
        self._lines = Lines(settings.url, connect_seconds=connect_seconds, read_seconds=read_seconds, **trusted)
        self._service, self._region, self._source = settings.service, settings.region, settings.source
        self._quota, self._attempts = Quota(), attempts
        self._ahead = 0.0  # seconds that DynamoDB's clock is ahead of ours
        self.meta = SimpleNamespace(  # what a client of botocore's is asked for, in its form
            endpoint_url=settings.url,
            region_name=settings.region,
            service_model=SimpleNamespace(service_name=settings.service.name, signing_name=settings.service.name),
            config=SimpleNamespace(
                connect_timeout=connect_seconds, read_timeout=read_seconds, retries={"total_max_attempts": attempts}
            ),
        )

    def open(self) -> None:
        """Open a connection before it is needed."""
        self._lines.open()

    def close(self) -> None:
        """Close connections and forget credentials that can be had again; the next call opens and asks."""
        self._lines.close()
        self._source.forget()
        forget()

    def _make_api_call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Under the name that PynamoDB calls; raises ClientError and BotoCoreError as botocore's does."""
        if operation == "TransactWriteItems" and "ClientRequestToken" not in parameters:
            parameters = parameters | {"ClientRequestToken": str(uuid4())}  # all attempts are one transaction
        body = encode(operation, parameters)
        attempts = Attempts(self._quota, self._attempts)
        while True:
            credentials = self._source.current()
            try:
                found = answers.read(operation, self._ask(operation, body, credentials))
            except (BotoCoreError, ClientError) as error:
                if not attempts.again(error, mended=self._mends(error, credentials)):
                    raise answers.told(error, **attempts.facts) from None
            else:
                attempts.succeeded()
                found["ResponseMetadata"] |= attempts.facts
                return found

    def _ask(self, operation: str, body: bytes, credentials: Credentials) -> Answer:
        headers = signed(
            {"Content-Type": self._service.content_type, "X-Amz-Target": f"{self._service.target}.{operation}"},
            body,
            host=self._lines.host,
            path=self._lines.path,
            region=self._region,
            service=self._service.name,
            credentials=credentials,
            now=time.time() + self._ahead,
        )
        return self._lines.ask("POST", {"User-Agent": "gatehouse", "Accept-Encoding": "identity"} | headers, body)

    def _mends(self, error: Exception, credentials: Credentials) -> bool:
        """Whether what DynamoDB refused a call for was put right just now."""
        if not isinstance(error, ClientError):
            return False
        response: Any = error.response
        if response["Error"]["Code"] in _OF_CREDENTIALS:
            return self._source.renewed(credentials)
        if response["Error"]["Code"] in _OF_THE_CLOCK:
            return self._sets_clock(response["ResponseMetadata"]["HTTPHeaders"].get("date", ""))
        return False

    def _sets_clock(self, date: str) -> bool:
        """By the time that DynamoDB tells; False where it was right, as after it has been set."""
        try:
            ahead = parsedate_to_datetime(date).timestamp() - time.time()
        except ValueError:
            return False
        if abs(ahead - self._ahead) < _SKEWED:
            return False
        self._ahead = ahead
        return True


class OwnConnection(Connection):
    """PynamoDB's, over our client; none of botocore's is made."""

    def __init__(self, settings: Settings, **given: Any) -> None:
        """`given` is what PynamoDB's own takes."""
        super().__init__(region=settings.region, **given)
        self._own = Client(
            settings,
            connect_seconds=given["connect_timeout_seconds"],
            read_seconds=given["read_timeout_seconds"],
            attempts=given["retry_configuration"]["total_max_attempts"],
        )

    @property
    def client(self) -> Any:
        """Ours."""
        return self._own
