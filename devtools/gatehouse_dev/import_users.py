"""`python -m gatehouse_dev.import_users FILE [--dry-run]` -- load the users of another system into the tables.

FILE has one JSON object a line:

    {"email": "ann@example.com", "password_hash": "$2b$12$…", "name": "Ann", "image": "https://…",
     "email_verified": true, "id": "5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11", "created_at": "2024-05-06T07:08:09Z"}

Only the address is needed. Without a hash, people set a password by way of their mailbox. Tables and AWS are those of
the environment, as functions have them. Running it again changes nothing: who is already there stays as they are.
"""

import argparse
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pynamodb.exceptions import PynamoDBException

from gatehouse_dev import console

if TYPE_CHECKING:
    from gatehouse.accounts import User

LAYER = Path(__file__).parents[2] / "layers" / "common"
LONGEST = 64 * 1024  # bytes of one line
NEEDED = ("users_table", "sessions_table", "transport", "log_level")  # of the settings


class Outcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    ALREADY_THERE = "already there"
    REFUSED = "refused"


class BadLine(Exception):  # the project names exceptions for what happened
    """One sentence that says why a line is not loaded."""


class Stopped(Exception):  # the same
    """One sentence that says why the lines from here on were not tried."""


class Line(BaseModel):
    """What may stand on a line."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    email: str
    password_hash: str | None = None
    name: str | None = None
    image: str | None = None
    email_verified: bool = False
    id: UUID | None = None
    created_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A user as they will be."""

    user: "User"
    password_hash: str


class Seen:
    """Which line was the first to name an address or an id. Kept in a temporary file, for there may be millions."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def line_of(self, name: str) -> int | None:
        """The line that had a name, if one did."""
        found = self._rows.execute("SELECT line FROM seen WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else None

    def note(self, line: int, *names: str) -> None:
        """These names are taken from here on."""
        self._rows.executemany("INSERT INTO seen VALUES (?, ?)", [(name, line) for name in names])

    def close(self) -> None:
        """Remove the file."""
        self._rows.close()


class Import:
    """One run over one file."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._seen = Seen()
        self._outcomes: Counter[Outcome] = Counter()

    def run(self, file: BinaryIO) -> bool:
        """Load every line that can be, and tell of the others; whether all could."""
        try:
            for number, raw in _lines(file):
                self._outcomes[self._outcome(number, raw)] += 1
        except Stopped as stop:
            _complain(str(stop))
            return False
        finally:
            self._seen.close()
            console.say(self._summary())
        return not self._outcomes[Outcome.REFUSED]

    def _outcome(self, number: int, raw: bytes) -> Outcome:
        try:
            imported = _parsed(raw)
            self._check_first(imported.user)
            outcome = _looked_up(imported) if self._dry_run else _added(imported)
            self._seen.note(number, imported.user.email, imported.user.id)
        except BadLine as problem:
            _complain(f"line {number}: {problem}")
            return Outcome.REFUSED
        except (BotoCoreError, ClientError, PynamoDBException) as error:
            raise Stopped(f"line {number}: AWS refused ({_name(error)}); run again from here.") from error
        if outcome is Outcome.ALREADY_THERE:
            console.say(f"line {number}: {imported.user.email} is already there")
        return outcome

    def _check_first(self, user: "User") -> None:
        for what, name in (("address", user.email), ("id", user.id)):
            if before := self._seen.line_of(name):
                raise BadLine(f"line {before} has the same {what}.")

    def _summary(self) -> str:
        would = "would be " if self._dry_run else ""
        added, there, refused = (self._outcomes[outcome] for outcome in Outcome)
        return f"{added} {would}added, {there} already there, {refused} refused."


def main(arguments: list[str] | None = None) -> int:
    """Import a file; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gatehouse_dev.import_users", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", metavar="FILE", type=Path, help="one JSON object a line")
    parser.add_argument("--dry-run", action="store_true", help="check everything and write nothing")
    given = parser.parse_args(arguments)
    if problem := _environment():
        _complain(problem)
        return 1
    try:
        with given.file.open("rb") as file:
            return 0 if Import(dry_run=given.dry_run).run(file) else 1
    except OSError as error:
        parser.error(f"{given.file}: {error.strerror}")


def _environment() -> str | None:
    """What the environment lacks for the layer to be imported."""
    if find_spec("gatehouse") is None:
        sys.path.append(str(LAYER))
    from gatehouse.config import ConfigurationError, config  # noqa: PLC0415 -- the path is complete only now

    try:
        for name in NEEDED:
            getattr(config(), name)
    except ConfigurationError as error:
        return str(error)
    return None


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, with its number; of one that is too long, the beginning."""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST)
        if line.strip():
            yield number, line


def _parsed(raw: bytes) -> Imported:
    from gatehouse.accounts import NewAccount, legacy  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.accounts.people import newcomer  # noqa: PLC0415 -- the same

    if len(raw) > LONGEST:
        raise BadLine(f"it is longer than {LONGEST} bytes.")
    try:
        line = Line.model_validate_json(raw.removeprefix(b"\xef\xbb\xbf"))
        known = NewAccount(email=line.email, password="", name=line.name or "", image=line.image)
    except ValidationError as error:
        raise BadLine(_sentence(error)) from None
    if line.password_hash and not legacy.is_known(line.password_hash):
        raise BadLine("password_hash: its kind is not known.")
    user = newcomer(known.email, name=known.name, image=known.image)
    user = replace(
        user,
        id=str(line.id or user.id),
        email_verified=line.email_verified,
        created_at=line.created_at or user.created_at,
    )
    return Imported(user=user, password_hash=line.password_hash or "")


def _added(imported: Imported) -> Outcome:
    """Write a user, unless the address has one."""
    from gatehouse.accounts.table import creation  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.dynamodb import ConditionFailed, Contended, transact  # noqa: PLC0415 -- the same
    from gatehouse.sessions import first_epoch  # noqa: PLC0415 -- the same

    user = imported.user
    try:
        transact(*creation(user, imported.password_hash), first_epoch(user.id))
    except ConditionFailed:
        if _looked_up(imported) is Outcome.ADDED:
            raise BadLine("id: somebody had it before.") from None
        return Outcome.ALREADY_THERE
    except Contended:
        raise BadLine("others held its rows for too long; run again.") from None
    return Outcome.ADDED


def _looked_up(imported: Imported) -> Outcome:
    """What would become of a user."""
    from gatehouse.accounts import profile_key  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.accounts.table import email_key  # noqa: PLC0415 -- the same
    from gatehouse.dynamodb import get_together  # noqa: PLC0415 -- the same

    pointer, profile = get_together(email_key(imported.user.email), profile_key(imported.user.id))
    if pointer:
        return Outcome.ALREADY_THERE
    if profile:
        raise BadLine("id: it is that of somebody with another address.")
    return Outcome.ADDED


def _sentence(error: ValidationError) -> str:
    """What is wrong with a line, never what stood there."""
    problems = [(".".join(map(str, problem["loc"])), problem["msg"]) for problem in error.errors()]
    told = [f"{place}: {text}" if place else text for place, text in problems]
    return "; ".join(text.replace("Value error, ", "") for text in told) + "."


def _name(error: Exception) -> str:
    cause = getattr(error, "cause", None) or error
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code") or type(cause).__name__)


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
