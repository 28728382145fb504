"""Read HTTP/1.1 responses; httptools parses them. http.client takes ten times as long: it parses headers as mail."""

from dataclasses import dataclass
from socket import socket

from httptools import HttpParserError, HttpResponseParser

_MAX_HEADERS = 100
_PIECE = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class ResponseReader:
    """Reads one response. `begun` says that some of it has arrived, `reusable` that another request may follow it."""

    def __init__(self) -> None:
        self.begun = self.reusable = False
        self._complete = False
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._parser = HttpResponseParser(self)

    def read(self, connected: socket) -> HttpResponse:
        """Return the response; raises ValueError unless it is whole and alone, and what the socket raises."""
        while not self._complete:
            piece = connected.recv(_PIECE)
            if not piece:
                raise ValueError("incomplete response")
            self.begun = True
            try:
                self._parser.feed_data(piece)
            except HttpParserError as error:
                raise ValueError("malformed response") from error
        return HttpResponse(self._parser.get_status_code(), dict(self._headers), b"".join(self._body))

    # -- Called by the parser; an exception makes the response malformed ------------------

    def on_message_begin(self) -> None:
        """Reject what follows the response."""
        if self._complete:
            raise ValueError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))
        if len(self._headers) > _MAX_HEADERS:
            raise ValueError

    def on_body(self, piece: bytes) -> None:
        """Keep a part of the body."""
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """Stop reading."""
        self._complete, self.reusable = True, self._parser.should_keep_alive()
