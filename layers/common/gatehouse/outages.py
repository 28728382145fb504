"""Telling DynamoDB's trouble from ours."""

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from gatehouse.dynamodb import Contended

_OUTAGES = {
    "InternalServerError",
    "InternalServiceError",  # of Secrets Manager
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionInProgressException",
}


def is_outage(error: BaseException | None) -> bool:
    """Whether DynamoDB was away or too busy, rather than us being wrong."""
    if isinstance(error, PynamoDBException):
        return is_outage(error.cause)
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _OUTAGES
    return isinstance(error, BotoCoreError | Contended)
