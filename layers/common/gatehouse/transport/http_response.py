"""Parse HTTP/1.1 responses with Content-Length or chunked encoding.

http.client is slower: it parses headers with the mail parser, which takes longer than the rest of a call.
"""

from dataclasses import dataclass
from typing import BinaryIO

_MAX_LINE = 65_536  # bytes
_MAX_HEADERS = 100


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def read_status_line(reader: BinaryIO) -> bytes:
    """Return the status line; empty when the connection was closed."""
    return reader.readline(_MAX_LINE)


def read_response(start: bytes, reader: BinaryIO) -> HttpResponse:
    """Return the response that begins with the status line `start`; raises ValueError unless it is complete."""
    version, status, _ = (start + b" ").split(b" ", 2)
    headers = {"connection": "close"} if version == b"HTTP/1.0" else {}
    for _ in range(_MAX_HEADERS):
        if not (line := _read_line(reader)):
            break
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    else:
        raise ValueError("too many headers")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return HttpResponse(int(status), headers, _read_chunks(reader))
    return HttpResponse(int(status), headers, _read_exactly(int(headers.get("content-length", "")), reader))


def _read_line(reader: BinaryIO) -> str:
    line = reader.readline(_MAX_LINE)
    if not line.endswith(b"\n"):
        raise ValueError("incomplete line")
    return line.decode("latin-1").rstrip("\r\n")


def _read_exactly(length: int, reader: BinaryIO) -> bytes:
    found = reader.read(length)
    if len(found) != length:
        raise ValueError("incomplete body")
    return found


def _read_chunks(reader: BinaryIO) -> bytes:
    """Read a chunked body. DynamoDB sends none, but a local substitute may."""
    pieces = []
    while length := int(_read_line(reader).partition(";")[0], 16):
        pieces.append(_read_exactly(length, reader))
        _read_line(reader)
    while _read_line(reader):
        pass
    return b"".join(pieces)
