"""What the commands on a service share: the options that choose it, its settings, confirmations, and errors."""

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import update_wrapper
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from unittest.mock import patch

import typer

from gatehouse_dev import console

if TYPE_CHECKING:
    from gatehouse_dev.admin.recording import Change
    from gatehouse_dev.admin.targets import Target

LAYER = Path(__file__).parents[3] / "layers" / "common"

Stack = Annotated[str | None, typer.Option(metavar="NAME", help="A CloudFormation stack.")]
Region = Annotated[str | None, typer.Option(metavar="R", help="Its region, if not that of your AWS settings.")]
Local = Annotated[bool, typer.Option("--local", help="The service of `make dev`, at AWS_ENDPOINT_URL.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, an object on each line.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation, for scripts.")]
Who = Annotated[str, typer.Argument(metavar="WHO", help="An address, or a user's id.", show_default=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service that a command works on, and how the command prints."""

    target: "Target"
    as_json: bool

    @property
    def actor(self) -> str:
        """The operator's name in the audit trail."""
        return self.target.actor()

    def report(self, changes: "Iterable[Change]", *, otherwise: str = "") -> None:
        """Print each change as it is made; `otherwise` when there is none."""
        count = 0
        for count, change in enumerate(changes, 1):  # noqa: B007 -- the last number counts
            console.say(json.dumps(_line(change)) if self.as_json else change.message)
        if not (count or self.as_json):
            console.say(otherwise)


def on_service(run: Callable[..., None]) -> Callable[..., None]:
    """Make a command of `run`, whose first argument is the service: add the options that choose it, and `--json`."""

    def command(
        *, stack: Stack = None, region: Region = None, local: Local = False, as_json: Json = False, **given: Any
    ) -> None:
        with _connected(stack, region, local=local) as target:
            run(Service(target=target, as_json=as_json), **given)

    added = [one for one in inspect.signature(command).parameters.values() if one.kind is one.KEYWORD_ONLY]
    parameters = [*list(inspect.signature(run).parameters.values())[1:], *added]
    described: Any = update_wrapper(command, run)  # typer reads these two attributes
    described.__signature__ = inspect.Signature(parameters)
    described.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def confirm(what: str, *names: str, yes: bool) -> None:
    """Ask for confirmation, unless `yes`; without one the command fails."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail("Nothing was changed: there is no terminal for the confirmation. Use --yes to skip it.")
    agreed = (*names, "yes")
    sys.stderr.write(f"{what}\nType {' or '.join(agreed)} to continue: ")
    sys.stderr.flush()
    try:
        agrees = sys.stdin.readline().strip().lower() in agreed
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        agrees = False
    if not agrees:
        fail("Nothing was changed.")


def choose_one(stack: str | None, *, local: bool) -> None:
    """Fail unless exactly one service is chosen."""
    if local is bool(stack):
        fail("Choose one service: --stack NAME for a deployed one, or --local for that of `make dev`.", 2)


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Print why the command fails, and exit."""
    sys.stderr.write(f"{sentence}\n")
    raise typer.Exit(code)


@contextmanager
def _connected(stack: str | None, region: str | None, *, local: bool) -> "Iterator[Target]":
    """Enter the environment of the service's functions; every expected error becomes a sentence and exit code 1."""
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
    from pynamodb.exceptions import PynamoDBException

    from gatehouse_dev.admin.targets import OperatorError, deployed_target, local_target
    from gatehouse_dev.template_file import TemplateError

    choose_one(stack, local=local)
    sys.dont_write_bytecode = sys.dont_write_bytecode or not sys.pycache_prefix  # files in layers would be deployed
    name = ""
    try:
        target = deployed_target(stack, region) if stack else local_target(os.environ)
        name = target.name
        with patch.dict(os.environ, target.environment, clear=True), _settings(target):
            yield target
    except OperatorError as stop:
        fail(str(stop))
    except (TemplateError, ValueError) as error:
        fail(f"The environment is not valid: {error}")
    except (BotoCoreError, ClientError, PynamoDBException) as error:
        cause = getattr(error, "cause", None) or error
        if local and isinstance(cause, EndpointConnectionError):
            fail(f"The {name} is not running: start it with `make dev`.")
        fail(f"AWS returned an error: {cause}")


@contextmanager
def _settings(target: "Target") -> Iterator[None]:
    """Make the layer importable, and translate its errors."""
    if find_spec("gatehouse") is None:
        sys.path.append(str(LAYER))
    from gatehouse.config import ConfigurationError, config
    from gatehouse.dynamodb import ConditionFailed, TransactionConflict
    from gatehouse.errors import Refusal
    from gatehouse_dev.admin.targets import OperatorError

    try:
        config()
        yield
    except ConfigurationError as error:
        raise OperatorError(f"The {target.name} and this tool have different versions: {error}.") from None
    except Refusal as refusal:
        raise OperatorError(str(refusal)) from None
    except (ConditionFailed, TransactionConflict):
        raise OperatorError("The data was changed at the same time: check it and try again.") from None


def _line(change: "Change") -> dict[str, Any]:
    """Return a change as its line in the audit trail has it, and the sentence."""
    fields = asdict(change)
    return {**fields.pop("facts"), **fields}
