"""`python -m gatehouse_dev.admin (--stack NAME [--region R] | --local) COMMAND` -- manage users, mails and keys.

Each command prints one line and writes one to the audit trail. Irreversible ones ask for confirmation.
"""

import argparse
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from pynamodb.exceptions import PynamoDBException

from gatehouse_dev.admin.targets import OperatorError, Target, deployed_target, local_target
from gatehouse_dev.import_users import LAYER
from gatehouse_dev.template_file import TemplateError

WHO = "an address or a user's id"
ASSUME_YES = "do not ask, for scripts"
ENDS = {
    "disable": "This shuts {} out and ends every session and mailed link of theirs.",
    "sign-out": "This ends every session of {}.",
    "delete": "This deletes {} and all that is theirs, for ever.",
}
EMERGENCY = "This makes a new key and ends every cookie, access token, refresh token and mailed link there is."
KEYS_STILL_IN_USE = (
    "The last rotation was lately: this one ends what was signed before it, and so sessions that still live."
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = parser().parse_args(arguments)
    try:
        target = local_target(os.environ) if given.local else deployed_target(given.stack, given.region)
        with patch.dict(os.environ, target.environment, clear=True):
            _run(given, target)
    except OperatorError as stop:
        return _print_error(str(stop))
    except (TemplateError, ValueError) as error:
        return _print_error(f"The environment cannot be: {error}")
    except (BotoCoreError, ClientError, PynamoDBException) as error:
        cause = getattr(error, "cause", None) or error
        if given.local and isinstance(cause, EndpointConnectionError):
            return _print_error(f"There is no {target.name}: start it with `make dev`.")
        return _print_error(f"AWS refused: {cause}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(prog="python -m gatehouse_dev.admin", description=__doc__)
    whole.formatter_class = argparse.RawDescriptionHelpFormatter
    target = whole.add_mutually_exclusive_group(required=True)
    target.add_argument("--stack", metavar="NAME", help="the CloudFormation stack to work at")
    target.add_argument("--local", action="store_true", help="work at what `make dev` runs, by AWS_ENDPOINT_URL")
    whole.add_argument("--region", metavar="R", help="the stack's region, when it is not your own")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("show", "profile, ways in, sessions, a sign-up that waits, mails that do"),
        ("disable", "shut a user out"),
        ("enable", "let a user in again"),
        ("sign-out", "end every session of a user"),
        ("delete", "delete a user"),
        ("resend", "mail the verification link again"),
        ("write-to", "let mail go to an address again to which one came back"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("who", metavar="WHO", help=WHO)
        if name in ENDS:
            command.add_argument("--yes", action="store_true", help=ASSUME_YES)
    commands.add_parser("redrive", help="order anew the mails and erasures that failed or stick")
    rotate = commands.add_parser("rotate", help="make a new key")
    rotate.add_argument("--emergency", action="store_true", help="and let none of the others be good any more")
    rotate.add_argument("--yes", action="store_true", help=ASSUME_YES)
    return whole


def _run(given: argparse.Namespace, target: Target) -> None:
    if find_spec("gatehouse") is None:
        sys.path.append(str(LAYER))
    from gatehouse.config import ConfigurationError, config  # noqa: PLC0415 -- the path is complete only now
    from gatehouse.dynamodb import ConditionFailed, TransactionConflict  # noqa: PLC0415 -- the same
    from gatehouse.errors import Refusal  # noqa: PLC0415 -- the same

    try:
        config()
        _run_command(given, target)
    except ConfigurationError as error:
        raise OperatorError(f"The {target.name} is of another version than this tool: {error}.") from None
    except Refusal as refusal:
        raise OperatorError(str(refusal)) from None
    except (ConditionFailed, TransactionConflict):
        raise OperatorError("Somebody else changed the same just now: look again, and then do it again.") from None


def _run_command(given: argparse.Namespace, target: Target) -> None:
    from gatehouse_dev.admin import display, keys, redrive, users  # noqa: PLC0415 -- they import the layer

    on_users: dict[str, Callable[[Any, str], None]] = {
        "disable": users.disable,
        "enable": users.enable,
        "sign-out": users.sign_out,
        "delete": users.delete,
    }
    match given.command:
        case "show":
            display.print_account(users.find_account(given.who))
        case "resend":
            users.resend(given.who, target.actor(), target.base_url)
        case "write-to":
            users.allow_mail(given.who, target.actor())
        case "redrive":
            redrive.redrive(target.actor())
        case "rotate" if given.emergency:
            _confirm(given, EMERGENCY)
            keys.rotate_immediately(target.actor())
        case "rotate":
            if keys.drops_active_keys():
                _confirm(given, KEYS_STILL_IN_USE)
            keys.rotate(target.actor(), is_local=target.is_local)
        case command:
            profile = users.find_profile(given.who)
            if command in ENDS:
                _confirm(given, ENDS[command].format(profile.email), profile.email)
            on_users[command](profile, target.actor())


def _confirm(given: argparse.Namespace, what: str, *names: str) -> None:
    """Continue only with a person's confirmation, or the option for scripts."""
    if given.yes:
        return
    if not sys.stdin.isatty():
        raise OperatorError("Nothing was done, for nobody is there to be asked: --yes goes on without asking.")
    agreed = (*names, "yes")
    sys.stderr.write(f"{what}\nType {' or '.join(agreed)} to go on: ")
    sys.stderr.flush()
    try:
        agrees = sys.stdin.readline().strip().lower() in agreed
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        agrees = False
    if not agrees:
        raise OperatorError("Nothing was done.")


def _print_error(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True  # compiled files in the layers would be deployed with them
    sys.exit(main())
