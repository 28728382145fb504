"""CBOR as authenticators have to write it: no tags, no indefinite lengths, no key twice, little depth."""

from io import BytesIO
from typing import Any, NoReturn

from cbor2 import CBORDecodeError, CBORDecoder

from gatehouse.passkeys.model import InvalidResponse

_DEPTH = 4
_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)  # of cbor2


def decode_map(data: bytes) -> dict[Any, Any]:
    """Return the map that is all of `data`; raises InvalidResponse."""
    found, size = decode_first_map(data)
    if size != len(data):
        raise InvalidResponse("bytes after CBOR")
    return found


def decode_first_map(data: bytes) -> tuple[dict[Any, Any], int]:
    """Return the map at the beginning of `data`, and the number of its bytes; raises InvalidResponse."""
    source = BytesIO(data)
    decoder = CBORDecoder(
        source,
        max_depth=_DEPTH,
        allow_indefinite=False,
        allow_duplicate_keys=False,
        tag_hook=_refuse_tag,
        semantic_decoders=dict.fromkeys(_TAGS, _refuse_tag),
    )
    try:
        found = decoder.decode()
    except CBORDecodeError as error:
        raise InvalidResponse(f"CBOR: {error}") from None
    if not isinstance(found, dict):
        raise InvalidResponse("CBOR is no map")
    return found, source.tell()


def _refuse_tag(*_: object) -> NoReturn:
    raise ValueError("a tag")
