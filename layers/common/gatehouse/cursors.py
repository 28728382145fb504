"""Pagination cursors: positions in a list, with a MAC, so that they work for one user and one query only."""

import hmac
import json
from hashlib import sha256
from typing import Any

from gatehouse import base64url
from gatehouse.errors import InvalidInput

_MAC_BYTES = 16
_MAX_LENGTH = 4096


def encode_cursor(key: bytes, query: str, position: Any) -> str:
    """Return a position, as JSON, in url-safe text with a MAC. `key` is the user's own."""
    payload = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
    return base64url.encode(_mac(key, query, payload) + payload)


def decode_cursor(key: bytes, query: str, text: str, field: str = "cursor") -> Any:
    """Return the position in a cursor; raises InvalidInput unless `encode_cursor` made it for this key and query."""
    if len(text) <= _MAX_LENGTH and text.isascii():
        try:
            data = base64url.decode(text)
        except ValueError:
            data = b""
        mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
        is_canonical = text == base64url.encode(data)  # other spellings decode to the same bytes
        if hmac.compare_digest(mac, _mac(key, query, payload)) and is_canonical:
            return json.loads(payload)
    raise InvalidInput(f"[query.{field}] Not valid for this list. Start again without it.")


def _mac(key: bytes, query: str, payload: bytes) -> bytes:
    return hmac.digest(key, query.encode() + b"\0" + payload, sha256)[:_MAC_BYTES]
