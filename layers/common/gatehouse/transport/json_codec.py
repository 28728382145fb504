"""Requests and responses as JSON. Binary attributes are bytes in Python and base64 in JSON."""

import json
from base64 import b64decode, b64encode
from typing import Any

type _Shape = dict[Any, Any] | list[Any] | object

_BASE64 = object()  # text to decode
_ANY = None  # any name, such as an attribute's or a table's
_VALUE: dict[Any, _Shape] = {"B": _BASE64, "BS": [_BASE64]}  # it has one key, its type
_ITEM = {_ANY: _VALUE}
_VALUE |= {"L": [_VALUE], "M": _ITEM}
_UNPROCESSED = {"PutRequest": {"Item": _ITEM}, "DeleteRequest": {"Key": _ITEM}}
_RESPONSES: dict[str, _Shape] = {  # where the response of each operation has items
    "BatchGetItem": {"Responses": {_ANY: [_ITEM]}, "UnprocessedKeys": {_ANY: {"Keys": [_ITEM]}}},
    "BatchWriteItem": {"UnprocessedItems": {_ANY: [_UNPROCESSED]}},
    "DeleteItem": {"Attributes": _ITEM},
    "GetItem": {"Item": _ITEM},
    "GetSecretValue": {},  # of Secrets Manager, without items
    "PutItem": {"Attributes": _ITEM},
    "Query": {"Items": [_ITEM], "LastEvaluatedKey": _ITEM},
    "Scan": {"Items": [_ITEM], "LastEvaluatedKey": _ITEM},  # used by the operator's tool only
    "TransactWriteItems": {},
    "UpdateItem": {"Attributes": _ITEM},
}
_ERROR: _Shape = {"Item": _ITEM, "CancellationReasons": [{"Item": _ITEM}]}
_BINARY = (b'"B"', b'"BS"')


def encode(operation: str, parameters: dict[str, Any]) -> bytes:
    """Return the body of a request; sets are lists and binary values bytes, as PynamoDB passes them."""
    if operation not in _RESPONSES:
        raise NotImplementedError(operation)  # its response shape is not known
    return json.dumps(parameters, default=_base64).encode()


def decode(operation: str, body: bytes) -> dict[str, Any]:
    """Return a response; raises ValueError unless it is a JSON object."""
    return _decode_object(body, _RESPONSES[operation])


def decode_error(body: bytes) -> dict[str, Any]:
    """Return an error response; raises ValueError."""
    return _decode_object(body, _ERROR)


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _decode_object(body: bytes, shape: _Shape) -> dict[str, Any]:
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise ValueError("not an object")  # noqa: TRY004 -- the input is invalid
    if any(kind in body for kind in _BINARY):  # rare, and cheap to check
        answer = _decode_binary(answer, shape)
    return {name: part for name, part in answer.items() if part is not None}


def _decode_binary(found: Any, shape: Any) -> Any:
    if found is None or shape is None:
        return found
    if shape is _BASE64:
        return b64decode(found)
    if isinstance(shape, list):
        return [_decode_binary(each, shape[0]) for each in found]
    return {name: _decode_binary(part, shape.get(name, shape.get(_ANY))) for name, part in found.items()}
