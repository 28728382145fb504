"""Serve a template on a port, and its embedded AWS on another for other programs."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from gatehouse_dev import fake_provider, request_log, seed
from gatehouse_dev.cloud import CloudError
from gatehouse_dev.server import Server
from gatehouse_dev.stack import Stack, running
from gatehouse_dev.template import TemplateError
from gatehouse_dev.template_file import DEFAULT_PATH

SHUTDOWN_SECONDS = 1
KEEP_ALIVE_SECONDS = 75
PORT, CLOUD_PORT = 3000, 4566


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is served, and where; port 0 is any free one, and without `cloud_port` the embedded AWS is not served."""

    template: Path = DEFAULT_PATH
    host: str = "127.0.0.1"
    port: int = PORT
    cloud_host: str = "127.0.0.1"
    cloud_port: int | None = CLOUD_PORT
    verbose: bool = False
    json: bool = False


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


def serve(options: Options) -> int:
    """Serve until stopped; returns the exit code."""
    sys.dont_write_bytecode = True  # compiled files in the layers would be deployed with them
    try:
        with ExitStack() as entered:
            listener = entered.enter_context(_listen(options.host, options.port, f"PORT={PORT + 1}"))
            tables = os.environ.get("AWS_ENDPOINT_URL")
            cloud_listener = None if tables else _cloud_listener(options, entered)
            port = listener.getsockname()[1]
            if not options.json:  # before functions are loaded
                entered.enter_context(redirect_stdout(request_log.FunctionOutput(sys.stdout)))
            stack = entered.enter_context(running(os.environ, port, options.template.resolve()))
            aws = _serve_aws(cloud_listener, entered) or (f"the tables are at {tables}" if tables else "not served")
            told = sys.stderr if options.json else sys.stdout
            told.write("".join(f"{line}\n" for line in _banner(stack, port, aws, verbose=options.verbose)))
            told.flush()
            asyncio.run(_uvicorn(stack, port, options).serve(sockets=[listener]))
            _exit_now()
    except (CannotStart, CloudError, TemplateError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _cloud_listener(options: Options, entered: ExitStack) -> socket.socket | None:
    """Listen for other programs that use the tables."""
    if options.cloud_port is None:
        return None
    return entered.enter_context(_listen(options.cloud_host, options.cloud_port, f"CLOUD_PORT={CLOUD_PORT + 1}"))


def _listen(host: str, port: int, other: str) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        message = f"Cannot listen on {host}:{port}: {error}. Is it in use? Set {other} for another port."
        raise CannotStart(message) from None


def _serve_aws(listener: socket.socket | None, entered: ExitStack) -> str | None:
    """Serve the embedded AWS; returns the variable with which programs find it."""
    if listener is None:
        return None
    from gatehouse_dev import endpoint  # noqa: PLC0415 -- it imports a web framework

    return f"AWS_ENDPOINT_URL={entered.enter_context(endpoint.serving(listener))}"


def _uvicorn(stack: Stack, port: int, options: Options) -> Uvicorn:
    config = uvicorn.Config(
        Server(stack, port, log=request_log.print_json if options.json else request_log.print_line),
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


def _banner(stack: Stack, port: int, aws: str, *, verbose: bool) -> Iterator[str]:
    """Yield what people need first; with `verbose`, before that all routes and schedules."""
    if verbose:
        width = max((len(route.key) for route in stack.api.routes), default=0)
        yield from (f"  {route.key:{width}}  → {route.function}" for route in stack.api.routes)
        for name, expression in stack.schedules.expressions.items():
            yield f"  {expression:{width}}  → {name}; to run it now: POST /dev/schedules/{name}"
    url = f"http://localhost:{port}"
    yield f"Gatehouse runs at {url}"
    yield f"  mailbox        {url}/dev/mailbox"
    other_port = "" if port == PORT else f" PORT={port}"
    yield f"  test account   {seed.EMAIL}, password {seed.PASSWORD}, after `make seed{other_port}`"
    if stack.cloud.template.parameters.get("GoogleClientId") == fake_provider.CLIENT_ID:
        yield f'  Google         a stand-in, which signs in any address: "Continue with Google" at {url}/sign-in'
    yield f"  AWS            {aws}"
    yield f"  docs           docs/README.md; all routes: {url}/dev/routes"


def _exit_now() -> None:
    """Exit now: running threads must not outlive the embedded cloud and reach a real one."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
