"""An answer in HTTP/1.1, as DynamoDB and what stands in for it give one: of a length, or in chunks.

http.client does this, too, by a parser for mail that takes longer than all else in a call.
"""

from dataclasses import dataclass
from typing import BinaryIO

_LONGEST_LINE = 65_536  # bytes
_MOST_HEADERS = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """The names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def first_line(reader: BinaryIO) -> bytes:
    """Nothing where the connection has ended."""
    return reader.readline(_LONGEST_LINE)


def read(start: bytes, reader: BinaryIO) -> Answer:
    """The answer that begins with `start`; raises ValueError unless all of it came."""
    version, status, _ = (start + b" ").split(b" ", 2)
    headers = {"connection": "close"} if version == b"HTTP/1.0" else {}
    for _ in range(_MOST_HEADERS):
        if not (line := _line(reader)):
            break
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    else:
        raise ValueError("headers without end")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(int(status), headers, _chunks(reader))
    return Answer(int(status), headers, _exactly(int(headers.get("content-length", "")), reader))


def _line(reader: BinaryIO) -> str:
    line = reader.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise ValueError("half a line")
    return line.decode("latin-1").rstrip("\r\n")


def _exactly(length: int, reader: BinaryIO) -> bytes:
    found = reader.read(length)
    if len(found) != length:
        raise ValueError("half an answer")
    return found


def _chunks(reader: BinaryIO) -> bytes:
    """DynamoDB does not, but what stands in for it may answer in pieces of hexadecimal lengths."""
    pieces = []
    while length := int(_line(reader).partition(";")[0], 16):
        pieces.append(_exactly(length, reader))
        _line(reader)
    while _line(reader):
        pass
    return b"".join(pieces)
