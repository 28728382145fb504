"""`python -m gatehouse_dev.admin (--stack NAME [--region R] | --local) COMMAND` -- manage users, mails and keys.

Each change prints one line and writes one to the audit trail. Irreversible commands ask for confirmation.
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

WHO = "an email address or a user id"
ASSUME_YES = "do not ask for confirmation, for scripts"
ENDS = {
    "disable": "This disables {} and ends all their sessions and mailed links.",
    "sign-out": "This ends all sessions of {}.",
    "delete": "This deletes {} and all their data permanently.",
}
EMERGENCY = (
    "This makes a new key and ends every session, and invalidates access tokens, refresh tokens and mailed links."
)
KEYS_STILL_IN_USE = "The last rotation was recent: another one now ends active sessions that were signed before it."


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
        return _print_error(f"The environment is not valid: {error}")
    except (BotoCoreError, ClientError, PynamoDBException) as error:
        cause = getattr(error, "cause", None) or error
        if given.local and isinstance(cause, EndpointConnectionError):
            return _print_error(f"The {target.name} is not running: start it with `make dev`.")
        return _print_error(f"AWS returned an error: {cause}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(prog="python -m gatehouse_dev.admin", description=__doc__)
    whole.formatter_class = argparse.RawDescriptionHelpFormatter
    target = whole.add_mutually_exclusive_group(required=True)
    target.add_argument("--stack", metavar="NAME", help="work on this CloudFormation stack")
    target.add_argument("--local", action="store_true", help="work on the service of `make dev`, at AWS_ENDPOINT_URL")
    whole.add_argument("--region", metavar="R", help="the stack's region; default: that of your AWS configuration")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("show", "show profile, sign-in methods, sessions, pending sign-up and unsent mails"),
        ("disable", "disable a user"),
        ("enable", "enable a user again"),
        ("sign-out", "end all sessions of a user"),
        ("delete", "delete a user"),
        ("resend", "mail the verification link again"),
        ("write-to", "allow mail again to an address that bounced or complained"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("who", metavar="WHO", help=WHO)
        if name in ENDS:
            command.add_argument("--yes", action="store_true", help=ASSUME_YES)
    commands.add_parser("redrive", help="retry mails and erasures that failed or are stuck")
    rotate = commands.add_parser("rotate", help="make a new key")
    rotate.add_argument("--emergency", action="store_true", help="and invalidate all other keys")
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
        raise OperatorError(f"The {target.name} and this tool have different versions: {error}.") from None
    except Refusal as refusal:
        raise OperatorError(str(refusal)) from None
    except (ConditionFailed, TransactionConflict):
        raise OperatorError("The data was changed at the same time: check it and try again.") from None


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
    """Ask for confirmation, unless `--yes` was given; raises OperatorError without one."""
    if given.yes:
        return
    if not sys.stdin.isatty():
        raise OperatorError("Nothing was changed: there is no terminal for the confirmation. Use --yes to skip it.")
    agreed = (*names, "yes")
    sys.stderr.write(f"{what}\nType {' or '.join(agreed)} to continue: ")
    sys.stderr.flush()
    try:
        agrees = sys.stdin.readline().strip().lower() in agreed
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        agrees = False
    if not agrees:
        raise OperatorError("Nothing was changed.")


def _print_error(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True  # compiled files in the layers would be deployed with them
    sys.exit(main())
