"""`python -m gatehouse_dev.admin (--stack NAME [--region R] | --local) COMMAND` -- see to users, mails and keys.

Each act is one line here and one in the audit trail. What cannot be undone is asked before it is done.
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

from gatehouse_dev.admin.places import Place, Stopped, deployed, local
from gatehouse_dev.document import TemplateError
from gatehouse_dev.import_users import LAYER

WHO = "an address or a user's id"
UNASKED = "do not ask, for scripts"
ENDS = {
    "disable": "This shuts {} out and ends every session and mailed link of theirs.",
    "sign-out": "This ends every session of {}.",
    "delete": "This deletes {} and all that is theirs, for ever.",
}
EMERGENCY = "This makes a new key and ends every cookie, access token, refresh token and mailed link there is."
TOO_SOON = "The last rotation was lately: this one ends what was signed before it, and so sessions that still live."


def main(arguments: list[str] | None = None) -> int:
    """Do one thing; the exit code."""
    given = parser().parse_args(arguments)
    try:
        place = local(os.environ) if given.local else deployed(given.stack, given.region)
        with patch.dict(os.environ, place.environment, clear=True):
            _run(given, place)
    except Stopped as stop:
        return _complain(str(stop))
    except (TemplateError, ValueError) as error:
        return _complain(f"The environment cannot be: {error}")
    except (BotoCoreError, ClientError, PynamoDBException) as error:
        cause = getattr(error, "cause", None) or error
        if given.local and isinstance(cause, EndpointConnectionError):
            return _complain(f"There is no {place.name}: start it with `make dev`.")
        return _complain(f"AWS refused: {cause}")
    return 0


def parser() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    whole = argparse.ArgumentParser(prog="python -m gatehouse_dev.admin", description=__doc__)
    whole.formatter_class = argparse.RawDescriptionHelpFormatter
    place = whole.add_mutually_exclusive_group(required=True)
    place.add_argument("--stack", metavar="NAME", help="the CloudFormation stack to work at")
    place.add_argument("--local", action="store_true", help="work at what `make dev` runs, by AWS_ENDPOINT_URL")
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
            command.add_argument("--yes", action="store_true", help=UNASKED)
    commands.add_parser("redrive", help="order anew the mails and erasures that failed or stick")
    rotate = commands.add_parser("rotate", help="make a new key")
    rotate.add_argument("--emergency", action="store_true", help="and let none of the others be good any more")
    rotate.add_argument("--yes", action="store_true", help=UNASKED)
    return whole


def _run(given: argparse.Namespace, place: Place) -> None:
    if find_spec("gatehouse") is None:
        sys.path.append(str(LAYER))
    from gatehouse.config import ConfigurationError, config  # noqa: PLC0415 -- the path is complete only now
    from gatehouse.dynamodb import ConditionFailed, Contended  # noqa: PLC0415 -- the same
    from gatehouse.errors import Refusal  # noqa: PLC0415 -- the same

    try:
        config()
        _act(given, place)
    except ConfigurationError as error:
        raise Stopped(f"The {place.name} is of another version than this tool: {error}.") from None
    except Refusal as refusal:
        raise Stopped(str(refusal)) from None
    except (ConditionFailed, Contended):
        raise Stopped("Somebody else changed the same just now: look again, and then do it again.") from None


def _act(given: argparse.Namespace, place: Place) -> None:
    from gatehouse_dev.admin import keys, outboxes, people, showing  # noqa: PLC0415 -- they import the layer

    on_users: dict[str, Callable[[Any, str], None]] = {
        "disable": people.disable,
        "enable": people.enable,
        "sign-out": people.sign_out,
        "delete": people.delete,
    }
    match given.command:
        case "show":
            showing.show(people.find(given.who))
        case "resend":
            people.resend(given.who, place.actor(), place.base_url)
        case "write-to":
            people.write_to(given.who, place.actor())
        case "redrive":
            outboxes.redrive(place.actor())
        case "rotate" if given.emergency:
            _ask(given, EMERGENCY)
            keys.replace(place.actor())
        case "rotate":
            if keys.drops_living_keys():
                _ask(given, TOO_SOON)
            keys.rotate(place.actor(), is_local=place.is_local)
        case command:
            profile = people.user(given.who)
            if command in ENDS:
                _ask(given, ENDS[command].format(profile.email), profile.email)
            on_users[command](profile, place.actor())


def _ask(given: argparse.Namespace, what: str, *names: str) -> None:
    """Go on only when a person agrees, or a script has said so."""
    if given.yes:
        return
    if not sys.stdin.isatty():
        raise Stopped("Nothing was done, for nobody is there to be asked: --yes goes on without asking.")
    agreed = (*names, "yes")
    sys.stderr.write(f"{what}\nType {' or '.join(agreed)} to go on: ")
    sys.stderr.flush()
    try:
        agrees = sys.stdin.readline().strip().lower() in agreed
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        agrees = False
    if not agrees:
        raise Stopped("Nothing was done.")


def _complain(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True  # compiled files in the layers would be deployed with them
    sys.exit(main())
