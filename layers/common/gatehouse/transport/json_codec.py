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
RESPONSES: dict[str, _Shape] = {  # where the response of each operation has items
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
ERROR: _Shape = {"Item": _ITEM, "CancellationReasons": [{"Item": _ITEM}]}


def encode(operation: str, parameters: dict[str, Any]) -> bytes:
    """Return the body of a request; sets are lists and binary values bytes, as PynamoDB passes them."""
    if operation not in RESPONSES:
        raise NotImplementedError(operation)  # its response shape is not known
    return _ENCODER.encode(parameters).encode()


def decode(body: bytes, shape: _Shape) -> dict[str, Any]:
    """Return a response, or an error response; raises ValueError unless it is a JSON object."""
    found = json.loads(body.decode())
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 -- the input is invalid
    if b'"B"' in body or b'"BS"' in body:  # rare, and cheap to check
        found = _decode_binary(found, shape)
    return {name: part for name, part in found.items() if part is not None}


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)


_ENCODER = json.JSONEncoder(default=_base64, check_circular=False)  # json.dumps makes one for every call


def _decode_binary(found: Any, shape: Any) -> Any:
    if found is None or shape is None:
        return found
    if shape is _BASE64:
        return b64decode(found)
    if isinstance(shape, list):
        return [_decode_binary(each, shape[0]) for each in found]
    return {name: _decode_binary(part, shape.get(name, shape.get(_ANY))) for name, part in found.items()}
