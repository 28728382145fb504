"""What DynamoDB answered, in the form that botocore gives it: a dictionary, or a ClientError."""

from http import HTTPStatus
from http.client import responses
from typing import Any
from zlib import crc32

from botocore.exceptions import ChecksumError, ClientError, HTTPClientError

from gatehouse.transport.reading import Answer
from gatehouse.transport.values import decode, decode_error

_TOLD_BY_ERRORS = ("CancellationReasons", "Item")


def read(operation: str, answer: Answer) -> dict[str, Any]:
    """The result; raises ClientError when it is a refusal, ChecksumError or HTTPClientError when it cannot be read.

    botocore takes what it cannot read for an empty result once it has tried often enough: a row, it would seem, that
    is not there.
    """
    wanted, actual = answer.headers.get("x-amz-crc32"), str(crc32(answer.body))
    if wanted not in {None, actual}:
        raise ChecksumError(checksum_type="crc32", expected_checksum=wanted, actual_checksum=actual)
    if answer.status != HTTPStatus.OK:
        raise ClientError(_refusal(answer), operation)  # type: ignore[arg-type] # its shape is botocore's own
    try:
        found = decode(operation, answer.body)
    except ValueError as error:
        raise HTTPClientError(error=error) from error
    return found | {"ResponseMetadata": _metadata(answer)}


def told(error: Exception, **facts: Any) -> Exception:
    """The error to raise, where it has metadata with `facts` about the attempts."""
    if not isinstance(error, ClientError):
        return error
    response: Any = error.response
    return ClientError(response | {"ResponseMetadata": response["ResponseMetadata"] | facts}, error.operation_name)


def _refusal(answer: Answer) -> dict[str, Any]:
    metadata = {"ResponseMetadata": _metadata(answer)}
    text = answer.body.strip()
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and (not text or text.startswith(b"<html>")):
        return {"Error": {"Code": str(answer.status), "Message": responses.get(answer.status, "")}} | metadata
    try:
        body = decode_error(answer.body)
    except ValueError:
        body = {"message": answer.body.decode(errors="replace")}
    code = str(body.get("__type", answer.status)).partition(":")[0].rpartition("#")[2]
    message = body.get("message", body.get("Message", ""))
    rest = {name: body[name] for name in _TOLD_BY_ERRORS if name in body}
    return {"Error": {"Message": message, "Code": code}} | rest | metadata


def _metadata(answer: Answer) -> dict[str, Any]:
    known = {"RequestId": answer.headers["x-amzn-requestid"]} if "x-amzn-requestid" in answer.headers else {}
    return known | {"HTTPStatusCode": answer.status, "HTTPHeaders": answer.headers}
