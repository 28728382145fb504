"""Connections that stay open, each for one request and one whole answer at a time."""

import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import botocore
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from gatehouse.transport.reading import Answer, first_line, read

_MOST_KEPT = 10  # connections, as botocore keeps
_AUTHORITIES = Path(botocore.__file__).with_name("cacert.pem")


class Unanswered(ConnectionClosedError):
    """The connection was closed before a byte of the answer, as kept ones are while nobody looks."""


class Line:
    """One connection."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.reader: BinaryIO = connected.makefile("rb")
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)

    def is_open(self) -> bool:
        """Where something can be read before anything was asked, that is the end."""
        return not self._poll.poll(0)

    def close(self) -> None:
        """Whatever state it is in."""
        with suppress(OSError):
            self.reader.close()
            self.socket.close()


class Lines:
    """All connections to one URL; any thread may ask. Errors are those that botocore would raise."""

    def __init__(
        self, url: str, *, connect_seconds: float, read_seconds: float, ca_bundle: str = str(_AUTHORITIES)
    ) -> None:
        """`connect_seconds` are waited for a connection, `read_seconds` for each piece of an answer."""
        parts = urlsplit(url)
        self.url, self.host = url, parts.netloc
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._address = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        self._encrypted, self._ca_bundle = parts.scheme == "https", ca_bundle
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._kept: deque[Line] = deque()

    def ask(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer to one request; raises BotoCoreError when there is none, or only part of one."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {self.path} HTTP/1.1\r\nHost: {self.host}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        request = head.encode("latin-1") + body
        if line := self._kept_open():
            try:
                return self._exchange(line, request)
            except Unanswered:
                self.close()  # the others are as old
        return self._exchange(self._opened(), request)

    def open(self) -> None:
        """Open a connection for the next request, and ask nothing; raises BotoCoreError."""
        self._kept.append(self._opened())

    def close(self) -> None:
        """Close what nobody uses; the next request opens a connection."""
        while self._kept:
            with suppress(IndexError):  # another thread took the last
                self._kept.pop().close()

    def _kept_open(self) -> Line | None:
        with suppress(IndexError):
            while line := self._kept.pop():
                if line.is_open():
                    return line
                line.close()
        return None

    def _opened(self) -> Line:
        try:
            connected = socket.create_connection(self._address, timeout=self._connect_seconds)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._encrypted:
                connected = self._tls.wrap_socket(connected, server_hostname=self._address[0])
            connected.settimeout(self._read_seconds)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self.url, error=error) from error
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=self.url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self.url, error=error) from error
        return Line(connected)

    def _exchange(self, line: Line, request: bytes) -> Answer:
        answered = False
        try:
            line.socket.sendall(request)
            answered = bool(start := first_line(line.reader))
            answer = read(start, line.reader)
        except TimeoutError as error:
            line.close()
            raise ReadTimeoutError(endpoint_url=self.url, error=error) from error
        except (OSError, ValueError) as error:
            line.close()
            kind = ConnectionClosedError if answered else Unanswered
            raise kind(endpoint_url=self.url, error=error) from error
        if answer.headers.get("connection", "").lower() == "close" or len(self._kept) >= _MOST_KEPT:
            line.close()
        else:
            self._kept.append(line)
        return answer

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names, from TLS 1.2
        context.load_verify_locations(self._ca_bundle)
        return context
