"""Convert DynamoDB's responses to botocore's form: a dictionary, or a ClientError."""

from http import HTTPStatus
from http.client import responses
from typing import Any
from zlib import crc32

from botocore.exceptions import ChecksumError, ClientError, HTTPClientError

from gatehouse.transport.http_response import HttpResponse
from gatehouse.transport.json_codec import ERROR, RESPONSES, decode

_ERROR_FIELDS = ("CancellationReasons", "Item")


def parse_response(operation: str, response: HttpResponse) -> dict[str, Any]:
    """Return the result; raises ClientError for an error, ChecksumError or HTTPClientError for an unreadable response.

    botocore returns an empty result for an unreadable response after its last attempt: a row would seem to be missing.
    """
    wanted, actual = response.headers.get("x-amz-crc32"), str(crc32(response.body))
    if wanted not in {None, actual}:
        raise ChecksumError(checksum_type="crc32", expected_checksum=wanted, actual_checksum=actual)
    if response.status != HTTPStatus.OK:
        raise ClientError(_refusal(response), operation)  # type: ignore[arg-type] # botocore has a TypedDict
    try:
        found = decode(response.body, RESPONSES[operation])
    except ValueError as error:
        raise HTTPClientError(error=error) from error
    found["ResponseMetadata"] = _metadata(response)
    return found


def with_metadata(error: Exception, **facts: Any) -> Exception:
    """Return the error to raise, with `facts` about the attempts in its metadata where it has any."""
    if not isinstance(error, ClientError):
        return error
    response: Any = error.response
    return ClientError(response | {"ResponseMetadata": response["ResponseMetadata"] | facts}, error.operation_name)


def _refusal(response: HttpResponse) -> dict[str, Any]:
    metadata = {"ResponseMetadata": _metadata(response)}
    text = response.body.strip()
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and (not text or text.startswith(b"<html>")):
        return {"Error": {"Code": str(response.status), "Message": responses.get(response.status, "")}} | metadata
    try:
        body = decode(response.body, ERROR)
    except ValueError:
        body = {"message": response.body.decode(errors="replace")}
    code = str(body.get("__type", response.status)).partition(":")[0].rpartition("#")[2]
    message = body.get("message", body.get("Message", ""))
    rest = {name: body[name] for name in _ERROR_FIELDS if name in body}
    return {"Error": {"Message": message, "Code": code}} | rest | metadata


def _metadata(response: HttpResponse) -> dict[str, Any]:
    known = {"RequestId": response.headers["x-amzn-requestid"]} if "x-amzn-requestid" in response.headers else {}
    return known | {"HTTPStatusCode": response.status, "HTTPHeaders": response.headers}
