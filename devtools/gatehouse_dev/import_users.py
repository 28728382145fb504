"""`python -m gatehouse_dev.import_users FILE [--dry-run]` -- import the users of another system.

FILE has one JSON object on each line:

    {"email": "ann@example.com", "password_hash": "$2b$12$…", "name": "Ann", "image": "https://…",
     "email_verified": true, "id": "5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11", "created_at": "2024-05-06T07:08:09Z"}

Only `email` is required. `image` is a link, or a data URL of a PNG, JPEG or WebP picture, which needs
GATEHOUSE_BASE_URL. Users without a hash set a password through a password reset. Tables and AWS credentials come
from the environment, as in functions. Users who exist are not changed, so the import can be run again.

Hashes of bcrypt, scrypt and PBKDF2 are hashed again by Argon2id, which takes about 30 ms each: split a large file, and
import its parts at once.
"""

import argparse
import os
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
    from gatehouse.accounts.pictures import Picture

LAYER = Path(__file__).parents[2] / "layers" / "common"
MAX_LINE_LENGTH = 128 * 1024  # bytes of one line
REQUIRED_VARIABLES = ("users_table", "sessions_table", "transport", "log_level")  # of the settings


class ImportResult(StrEnum):
    """The result for a line."""

    ADDED = "added"
    ALREADY_THERE = "already there"
    REFUSED = "refused"


class InvalidLine(Exception):  # the project names exceptions for what happened
    """A line cannot be imported; the message says why."""


class ImportAborted(Exception):  # the same
    """The import was aborted; the message says why."""


class UserLine(BaseModel):
    """The JSON of a line."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    email: str
    password_hash: str | None = None
    name: str | None = None
    image: str | None = None
    email_verified: bool = False
    id: UUID | None = None
    created_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedUser:
    """A user to be imported."""

    user: "User"
    picture: "Picture | None"
    password_hash: str


class SeenNames:
    """The first line of each address and id, in a temporary file, because there may be millions."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def line_of(self, name: str) -> int | None:
        """Return the line that had a name, or None."""
        found = self._rows.execute("SELECT line FROM seen WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else None

    def add(self, line: int, *names: str) -> None:
        """Add the names of a line."""
        self._rows.executemany("INSERT INTO seen VALUES (?, ?)", [(name, line) for name in names])

    def close(self) -> None:
        """Delete the file."""
        self._rows.close()


class ImportRun:
    """One run over one file."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._seen = SeenNames()
        self._outcomes: Counter[ImportResult] = Counter()
        self._recorded_costs: dict[str, int] = {}

    def run(self, file: BinaryIO) -> bool:
        """Import all valid lines and report the others; returns whether all were valid."""
        try:
            for number, raw in _lines(file):
                self._outcomes[self._outcome(number, raw)] += 1
        except ImportAborted as stop:
            _print_error(str(stop))
            return False
        finally:
            self._seen.close()
            console.say(self._summary())
        return not self._outcomes[ImportResult.REFUSED]

    def _outcome(self, number: int, raw: bytes) -> ImportResult:
        try:
            imported = _parsed(raw)
            self._check_first(imported.user)
            outcome = _check_user(imported) if self._dry_run else self._add(imported)
            self._seen.add(number, imported.user.email, imported.user.id)
        except InvalidLine as problem:
            _print_error(f"line {number}: {problem}")
            return ImportResult.REFUSED
        except (BotoCoreError, ClientError, PynamoDBException) as error:
            raise ImportAborted(
                f"line {number}: AWS returned an error ({_name(error)}); run the import again."
            ) from error
        if outcome is ImportResult.ALREADY_THERE:
            console.say(f"line {number}: {imported.user.email} is already there")
        return outcome

    def _add(self, imported: ImportedUser) -> ImportResult:
        """Write a user; before that let failed sign-ins of all others take as long as one with this hash."""
        from gatehouse.accounts import imported_hashes, passwords  # noqa: PLC0415 -- the layer reads the environment when imported
        from gatehouse.dynamodb import retry_if_changed  # noqa: PLC0415 -- the same

        foreign = passwords.foreign_hash(imported.password_hash)
        if foreign and foreign.cost > self._recorded_costs.get(foreign.kind, 0):
            retry_if_changed(lambda: imported_hashes.record(foreign))
            self._recorded_costs[foreign.kind] = foreign.cost
        return _add_user(imported)

    def _check_first(self, user: "User") -> None:
        for what, name in (("address", user.email), ("id", user.id)):
            if before := self._seen.line_of(name):
                raise InvalidLine(f"line {before} has the same {what}.")

    def _summary(self) -> str:
        would = "would be " if self._dry_run else ""
        added, there, refused = (self._outcomes[outcome] for outcome in ImportResult)
        return f"{added} {would}added, {there} already there, {refused} refused."


def main(arguments: list[str] | None = None) -> int:
    """Import a file; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gatehouse_dev.import_users", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", metavar="FILE", type=Path, help="one JSON object on each line")
    parser.add_argument("--dry-run", action="store_true", help="check everything and write nothing")
    given = parser.parse_args(arguments)
    if problem := _environment():
        _print_error(problem)
        return 1
    try:
        with given.file.open("rb") as file:
            return 0 if ImportRun(dry_run=given.dry_run).run(file) else 1
    except OSError as error:
        parser.error(f"{given.file}: {error.strerror}")


def _environment() -> str | None:
    """Return what the environment lacks to import the layer, or None."""
    if find_spec("gatehouse") is None:
        sys.path.append(str(LAYER))
    from gatehouse.config import ConfigurationError, config  # noqa: PLC0415 -- the path is complete only now

    try:
        for name in REQUIRED_VARIABLES:
            getattr(config(), name)
    except ConfigurationError as error:
        return str(error)
    return None


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank, with its number. A line that is too long is cut off."""
    number = 0
    while line := file.readline(MAX_LINE_LENGTH + 1):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE_LENGTH)
        if line.strip():
            yield number, line


def _parsed(raw: bytes) -> ImportedUser:
    from gatehouse.accounts import NewAccount, legacy, passwords  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.accounts.lookup import new_user  # noqa: PLC0415 -- the same

    if len(raw) > MAX_LINE_LENGTH:
        raise InvalidLine(f"it is longer than {MAX_LINE_LENGTH} bytes.")
    try:
        line = UserLine.model_validate_json(raw.removeprefix(b"\xef\xbb\xbf"))
        known = NewAccount(email=line.email, password="", name=line.name or "")
    except ValidationError as error:
        raise InvalidLine(_validation_message(error)) from None
    if line.password_hash and not passwords.is_current(line.password_hash):
        foreign = legacy.parse(line.password_hash)
        if not foreign:
            raise InvalidLine("password_hash: its format is not supported.")
        if foreign.is_too_costly:
            raise InvalidLine("password_hash: it takes too long to check.")
    user = new_user(known.email, name=known.name)
    user_id = str(line.id or user.id)
    image, picture = _parse_image(line.image, user_id)
    user = replace(
        user,
        id=user_id,
        image=image,
        email_verified=line.email_verified,
        created_at=line.created_at or user.created_at,
    )
    return ImportedUser(user=user, picture=picture, password_hash=line.password_hash or "")


def _parse_image(image: str | None, user_id: str) -> "tuple[str | None, Picture | None]":
    from gatehouse.accounts.pictures import parse_image  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.errors import Refusal  # noqa: PLC0415 -- the same

    base_url = os.environ.get("GATEHOUSE_BASE_URL", "").rstrip("/")
    try:
        url, picture = parse_image(image, user_id, base_url)
    except Refusal as refusal:
        raise InvalidLine(f"image: {str(refusal).removeprefix('[body.image] ')}") from None
    if picture and not base_url:
        raise InvalidLine("image: set GATEHOUSE_BASE_URL to the service's URL, where the picture will be.")
    return url, picture


def _add_user(imported: ImportedUser) -> ImportResult:
    """Create a user, unless one with this address exists."""
    from gatehouse.accounts import passwords, pictures  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.accounts.table import create_profile, new_profile  # noqa: PLC0415 -- the same
    from gatehouse.dynamodb import ConditionFailed, TransactionConflict, transact  # noqa: PLC0415 -- the same
    from gatehouse.sessions import create_epoch  # noqa: PLC0415 -- the same

    user, password_hash = imported.user, imported.password_hash
    if password_hash:
        if _check_user(imported) is ImportResult.ALREADY_THERE:
            return ImportResult.ALREADY_THERE
        password_hash = passwords.wrap_hash(password_hash)
    try:
        picture = [pictures.store(user.id, imported.picture)] if imported.picture else []
        transact(*create_profile(new_profile(user, password_hash)), *picture, create_epoch(user.id))
    except ConditionFailed:
        if _check_user(imported) is ImportResult.ADDED:
            raise InvalidLine("id: it was used before.") from None
        return ImportResult.ALREADY_THERE
    except TransactionConflict:
        raise InvalidLine("its rows are changed at the same time; run the import again.") from None
    return ImportResult.ADDED


def _check_user(imported: ImportedUser) -> ImportResult:
    """Return the result of importing a user, without writing."""
    from gatehouse.accounts import profile_key  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.accounts.pointers import email_key, taken_by  # noqa: PLC0415 -- the same
    from gatehouse.dynamodb import batch_get  # noqa: PLC0415 -- the same

    pointer, profile = batch_get(email_key(imported.user.email), profile_key(imported.user.id))
    if taken_by(pointer):
        return ImportResult.ALREADY_THERE
    if profile:
        raise InvalidLine("id: it belongs to a user with another address.")
    return ImportResult.ADDED


def _validation_message(error: ValidationError) -> str:
    """Return what is wrong with a line, without its values."""
    problems = [(".".join(map(str, problem["loc"])), problem["msg"]) for problem in error.errors()]
    told = [f"{place}: {text}" if place else text for place, text in problems]
    return "; ".join(text.replace("Value error, ", "") for text in told) + "."


def _name(error: Exception) -> str:
    cause = getattr(error, "cause", None) or error
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code") or type(cause).__name__)


def _print_error(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
