"""Read HTTP/1.1 responses; httptools parses them. http.client takes ten times as long: it parses headers as mail."""

from socket import socket
from typing import NamedTuple

from httptools import HttpParserError, HttpResponseParser

_MAX_HEADERS = 100
_PIECE = 65_536  # bytes; of less than a TLS record, the rest would be invisible to `select`


class HttpResponse(NamedTuple):
    """A response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class ResponseReader:
    """Reads one response. `begun` says that some of it has arrived, `reusable` that another request may follow it."""

    def __init__(self) -> None:
        self.begun = self.reusable = self._complete = False
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self.on_body = self._body.append
        self._parser = HttpResponseParser(self)  # it calls the methods `on_…`; an exception makes a response malformed

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
            if len(self._headers) > _MAX_HEADERS:
                raise ValueError("too many headers")
        return HttpResponse(self._parser.get_status_code(), dict(self._headers), b"".join(self._body))

    def on_message_begin(self) -> None:
        """Reject what follows the response."""
        if self._complete:
            raise ValueError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_message_complete(self) -> None:
        """Stop reading."""
        self._complete, self.reusable = True, self._parser.should_keep_alive()
