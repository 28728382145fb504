"""Persistent HTTP connections; each handles one request at a time."""

import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import botocore
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from gatehouse.transport.http_response import HttpResponse, ResponseReader

_MAX_IDLE = 10  # connections, as botocore keeps
AUTHORITIES = str(Path(botocore.__file__).with_name("cacert.pem"))
_HEADERS = "user-agent: gatehouse\r\naccept-encoding: identity\r\n"


class NoResponse(ConnectionClosedError):
    """The connection was closed before the first byte of a response, as idle ones are."""


class ConnectionPool:
    """All connections to one URL; thread-safe. Errors are those that botocore would raise."""

    def __init__(self, url: str, *, connect_seconds: float, read_seconds: float, ca_bundle: str = AUTHORITIES) -> None:
        """`connect_seconds` is the timeout for connecting, `read_seconds` for each read."""
        parts = urlsplit(url)
        self.url, self.host = url, parts.netloc
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._address = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        self._encrypted, self._ca_bundle = parts.scheme == "https", ca_bundle
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._idle: deque[socket.socket] = deque()

    def request(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> HttpResponse:
        """Return the response to one request; raises BotoCoreError when there is none, or an incomplete one."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {self.path} HTTP/1.1\r\n{_HEADERS}{lines}content-length: {len(body)}\r\n\r\n"
        message = head.encode("latin-1") + body
        if connection := self._take_idle():
            with suppress(NoResponse):
                return self._exchange(connection, message)
        return self._exchange(self._connect(), message)

    def open(self) -> None:
        """Open a connection for the next request and send nothing; raises BotoCoreError."""
        self._idle.append(self._connect())

    def close(self) -> None:
        """Close idle connections; the next request opens one."""
        while self._idle:
            with suppress(IndexError):  # another thread took the last one
                self._idle.pop().close()

    def _take_idle(self) -> socket.socket | None:
        with suppress(IndexError):
            while connection := self._idle.pop():
                if not select.select([connection], (), (), 0)[0] or self._is_open(connection):
                    return connection
                connection.close()
        return None

    def _is_open(self, readable: socket.socket) -> bool:
        """Whether all that an idle connection has to read is TLS's own, such as session tickets; closes nothing."""
        readable.settimeout(0)
        try:
            readable.recv(1)  # the end of the connection, or an unsolicited response
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        finally:
            readable.settimeout(self._read_seconds)
        return False

    def _connect(self) -> socket.socket:
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
        return connected

    def _exchange(self, connection: socket.socket, message: bytes) -> HttpResponse:
        reader = ResponseReader()
        try:
            connection.sendall(message)
            response = reader.read(connection)
        except (OSError, ValueError) as error:
            connection.close()
            self.close()  # idle connections are as old, and probably closed or silent, too
            if isinstance(error, TimeoutError):
                raise ReadTimeoutError(endpoint_url=self.url, error=error) from error
            kind = ConnectionClosedError if reader.begun else NoResponse
            raise kind(endpoint_url=self.url, error=error) from error
        if reader.reusable and len(self._idle) < _MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        return response

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names, from TLS 1.2
        context.load_verify_locations(self._ca_bundle)
        return context
