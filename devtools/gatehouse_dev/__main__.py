"""`python -m gatehouse_dev [TEMPLATE]` -- run a template on PORT (3000) of HOST (127.0.0.1).

With a CLOUD_PORT, its embedded AWS is served there for other programs, on CLOUD_HOST (127.0.0.1).
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import uvicorn

from gatehouse_dev import console, fake_provider
from gatehouse_dev.cloud import CloudError
from gatehouse_dev.server import Server
from gatehouse_dev.stack import Stack, running
from gatehouse_dev.template import TemplateError
from gatehouse_dev.template_file import DEFAULT_PATH

SHUTDOWN_SECONDS = 1
KEEP_ALIVE_SECONDS = 75


class CannotStart(Exception):  # exceptions are named for what happened
    """The service cannot start; the message says why."""


class Uvicorn(uvicorn.Server):
    """A server that exits with 0 on Ctrl-C and SIGTERM; uvicorn itself would raise the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals here."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's own signature
        """Finish requests in progress; the second signal aborts them."""
        self.force_exit = self.should_exit
        self.should_exit = True


def main(arguments: list[str]) -> int:
    """Serve until stopped; returns the exit code."""
    path = Path(arguments[0]).resolve() if arguments else DEFAULT_PATH
    sys.dont_write_bytecode = True  # compiled files in the layers would be deployed with them
    try:
        with ExitStack() as entered:
            listener = entered.enter_context(_listen(os.environ, "", "3000"))
            cloud_listener = _cloud_listener(os.environ, entered)
            port = listener.getsockname()[1]
            stack = entered.enter_context(running(os.environ, port, path))
            _print_urls(stack, port)
            if cloud_listener:
                from gatehouse_dev import endpoint  # noqa: PLC0415 -- it imports a web framework

                url = entered.enter_context(endpoint.serving(cloud_listener))
                console.say(f"The embedded AWS is at AWS_ENDPOINT_URL={url}")
            console.say(f"Gatehouse runs at http://localhost:{port}")
            asyncio.run(_uvicorn(stack, port).serve(sockets=[listener]))
            _exit_now()
    except (CannotStart, CloudError, TemplateError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _cloud_listener(environ: Mapping[str, str], entered: ExitStack) -> socket.socket | None:
    """Listen for other programs that use the tables, if a port is configured."""
    if not environ.get("CLOUD_PORT"):
        return None
    if environ.get("AWS_ENDPOINT_URL"):
        console.say("The embedded AWS is not served: AWS_ENDPOINT_URL is set, and the tables are there.")
        return None
    return entered.enter_context(_listen(environ, "CLOUD_", "4566"))


def _listen(environ: Mapping[str, str], prefix: str, default: str) -> socket.socket:
    host, port = environ.get(f"{prefix}HOST", "127.0.0.1"), environ.get(f"{prefix}PORT", default)
    if not port.isdecimal():
        message = f"{prefix}PORT is {port!r}, which is not a number."
        raise CannotStart(message)
    try:
        return socket.create_server((host, int(port)), backlog=1024)
    except (OSError, OverflowError) as error:
        other = f"{prefix}PORT={int(default) + 1}"
        message = f"Cannot listen on {host}:{port}: {error}. Is it in use? Set {other} for another port."
        raise CannotStart(message) from None


def _uvicorn(stack: Stack, port: int) -> Uvicorn:
    config = uvicorn.Config(
        Server(stack, port),
        access_log=False,
        lifespan="off",
        log_level="warning",
        proxy_headers=False,  # X-Forwarded-For is ignored: the peer is the caller
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws="none",
    )
    return Uvicorn(config)


def _print_urls(stack: Stack, port: int) -> None:
    width = max((len(route.key) for route in stack.api.routes), default=0)
    for route in stack.api.routes:
        console.say(f"  {route.key:{width}}  → {route.function}")
    for name, expression in stack.schedules.expressions.items():
        console.say(f"  {expression:{width}}  → {name}; to run it now: POST /dev/schedules/{name}")
    if stack.cloud.template.parameters.get("GoogleClientId") == fake_provider.CLIENT_ID:
        begin = f"http://localhost:{port}/api/auth/oauth/google?redirect_uri=/api/auth/get-session"
        console.say(f"A fake Google is used, because GATEHOUSE_GOOGLE_CLIENT_ID is not set: {begin}")
    console.say(f"Mail arrives at http://localhost:{port}/dev/mailbox")


def _exit_now() -> None:
    """Exit now: running threads must not outlive the embedded cloud and reach a real one."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
