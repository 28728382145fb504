"""Cursors: where a list goes on, sealed so that only the same person can use it, and only for the same question."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

from gatehouse.errors import InvalidInput

_MAC_BYTES = 16
_LONGEST = 4096


def seal(key: bytes, question: str, position: Any) -> str:
    """A position, as JSON, in url-safe text that nobody can change. `key` is the user's own."""
    payload = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
    return _text(_mac(key, question, payload) + payload)


def unseal(key: bytes, question: str, text: str, field: str = "cursor") -> Any:
    """The position that `seal` made into `text`; raises InvalidInput when it was not made for this key and question."""
    if len(text) <= _LONGEST and text.isascii():
        try:
            sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            sealed = b""
        mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        the_one_spelling = text == _text(sealed)  # base64 has several
        if hmac.compare_digest(mac, _mac(key, question, payload)) and the_one_spelling:
            return json.loads(payload)
    raise InvalidInput(f"[query.{field}] This was not given out for this list: begin again without it.")


def _text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _mac(key: bytes, question: str, payload: bytes) -> bytes:
    return hmac.digest(key, question.encode() + b"\0" + payload, sha256)[:_MAC_BYTES]
