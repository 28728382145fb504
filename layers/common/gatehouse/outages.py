"""Distinguish failures of AWS from bugs."""

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from gatehouse.dynamodb import TransactionConflict

_OUTAGES = {
    "InternalServerError",
    "InternalServiceError",  # of Secrets Manager
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


def is_outage(error: BaseException | None) -> bool:
    """Whether an exception means that AWS was unreachable or throttled the call."""
    if isinstance(error, PynamoDBException):
        return is_outage(error.cause)
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _OUTAGES
    return isinstance(error, BotoCoreError | TransactionConflict)
