"""Requests and responses as JSON: binary attributes are bytes here, and base64 on the wire."""

import json
from base64 import b64decode, b64encode
from typing import Any

type _Shape = dict[Any, Any] | list[Any] | object

_ITEM = object()  # names of attributes, each with its value
_ANY = None  # every name, such as that of a table
_UNPROCESSED = {"PutRequest": {"Item": _ITEM}, "DeleteRequest": {"Key": _ITEM}}
_RESPONSES: dict[str, _Shape] = {  # where each operation's answer has items
    "BatchGetItem": {"Responses": {_ANY: [_ITEM]}, "UnprocessedKeys": {_ANY: {"Keys": [_ITEM]}}},
    "BatchWriteItem": {"UnprocessedItems": {_ANY: [_UNPROCESSED]}},
    "DeleteItem": {"Attributes": _ITEM},
    "GetItem": {"Item": _ITEM},
    "GetSecretValue": {},  # of Secrets Manager; times stay numbers, and secrets are text
    "PutItem": {"Attributes": _ITEM},
    "Query": {"Items": [_ITEM], "LastEvaluatedKey": _ITEM},
    "Scan": {"Items": [_ITEM], "LastEvaluatedKey": _ITEM},  # of no function: operators look through outboxes
    "TransactWriteItems": {},
    "UpdateItem": {"Attributes": _ITEM},
}
_ERROR: _Shape = {"Item": _ITEM, "CancellationReasons": [{"Item": _ITEM}]}
_BINARY = (b'"B"', b'"BS"')


def encode(operation: str, parameters: dict[str, Any]) -> bytes:
    """Return the body of a request; sets are lists and binary values bytes, as PynamoDB passes them."""
    if operation not in _RESPONSES:
        raise NotImplementedError(operation)  # nobody has said where its answer has binary values
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
        raise ValueError("no object")  # noqa: TRY004 -- what came is wrong, not what was called
    if any(kind in body for kind in _BINARY):  # seldom, and to look is cheap
        _decode_binary(answer, shape)
    return {name: part for name, part in answer.items() if part is not None}


def _decode_binary(found: Any, shape: _Shape) -> None:
    """Decode all binary values, in place."""
    if shape is _ITEM:
        for value in found.values():
            _decode_value(value)
    elif isinstance(shape, list):
        for each in found:
            _decode_binary(each, shape[0])
    elif isinstance(shape, dict):
        for name, part in found.items():
            if part and (inner := shape.get(name, shape.get(_ANY))):
                _decode_binary(part, inner)


def _decode_value(value: dict[str, Any]) -> None:
    """Decode a value in place. It has one key, its type; a map's keys are names, and may be `B`."""
    if "B" in value:
        value["B"] = b64decode(value["B"])
    elif "BS" in value:
        value["BS"] = [b64decode(each) for each in value["BS"]]
    elif "M" in value:
        for each in value["M"].values():
            _decode_value(each)
    elif "L" in value:
        for each in value["L"]:
            _decode_value(each)
