"""Import the users of another system. Import it only with the environment of the functions set."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from gatehouse.accounts import imported_hashes, passwords, pictures, profile_key
from gatehouse.accounts.pointers import email_key, taken_by
from gatehouse.accounts.table import create_profile, new_profile
from gatehouse.dynamodb import ConditionFailed, TransactionConflict, batch_get, retry_if_changed, transact
from gatehouse.second_factor.enrolment import import_totp
from gatehouse.sessions import create_epoch
from gatehouse_dev.admin.imported_lines import MAX_LINE_LENGTH, ImportedUser, InvalidLine, parse_line
from gatehouse_dev.admin.imported_passkeys import InvalidPasskey, check_unknown, creations
from gatehouse_dev.admin.targets import OperatorError


class ImportResult(StrEnum):
    """The result for a line."""

    ADDED = "added"
    ALREADY_THERE = "already there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the file, and what became of it; the message says why a line was refused."""

    number: int
    result: ImportResult
    email: str = ""
    message: str = ""


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
    """One run over one file. `base_url` is that of the service, where pictures will be."""

    def __init__(self, base_url: str, *, dry_run: bool) -> None:
        self._base_url = base_url.rstrip("/")
        self._dry_run = dry_run
        self._seen = SeenNames()
        self._recorded_costs: dict[str, int] = {}

    def run(self, file: BinaryIO) -> Iterator[Line]:
        """Import each valid line, and yield it; raises OperatorError at the first error of AWS."""
        try:
            for number, raw in _lines(file):
                yield self._imported(number, raw)
        finally:
            self._seen.close()

    def _imported(self, number: int, raw: bytes) -> Line:
        try:
            imported = parse_line(raw, self._base_url)
            self._check_first(imported)
            result = _check_user(imported) if self._dry_run else self._add(imported)
            self._seen.add(number, *(name for _, name in _names(imported)))
        except InvalidLine as problem:
            return Line(number=number, result=ImportResult.REFUSED, message=str(problem))
        except (BotoCoreError, ClientError, PynamoDBException) as error:
            raise OperatorError(
                f"line {number}: AWS returned an error ({_name(error)}); run the import again."
            ) from error
        return Line(number=number, result=result, email=imported.user.email)

    def _add(self, imported: ImportedUser) -> ImportResult:
        """Write a user; before that let failed sign-ins of all others take as long as one with this hash."""
        foreign = passwords.foreign_hash(imported.password_hash)
        if foreign and foreign.cost > self._recorded_costs.get(foreign.kind, 0):
            retry_if_changed(lambda: imported_hashes.record(foreign))
            self._recorded_costs[foreign.kind] = foreign.cost
        return _add_user(imported)

    def _check_first(self, imported: ImportedUser) -> None:
        for what, name in _names(imported):
            if before := self._seen.line_of(name):
                raise InvalidLine(f"line {before} has the same {what}.")


def _names(imported: ImportedUser) -> list[tuple[str, str]]:
    """Return what only one line of a file may have."""
    user = imported.user
    return [("address", user.email), ("id", user.id), *(("passkey", row.passkey_id) for row in imported.passkeys)]


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


def _add_user(imported: ImportedUser) -> ImportResult:
    """Create a user, unless one with this address exists."""
    user, password_hash = imported.user, imported.password_hash
    if password_hash:
        if _check_user(imported) is ImportResult.ALREADY_THERE:
            return ImportResult.ALREADY_THERE
        password_hash = passwords.wrap_hash(password_hash)
    try:
        picture = [pictures.store(user.id, imported.picture)] if imported.picture else []
        profile = new_profile(user, password_hash)
        profile.passkeys = {row.passkey_id for row in imported.passkeys} or None
        factor = import_totp(profile, imported.totp_secret) if imported.totp_secret else []
        methods = [*creations(imported.passkeys), *factor]
        transact(*create_profile(profile), *methods, *picture, create_epoch(user.id))
    except ConditionFailed:
        if _check_user(imported) is ImportResult.ADDED:
            raise InvalidLine("id: it was used before.") from None
        return ImportResult.ALREADY_THERE
    except TransactionConflict:
        raise InvalidLine("its rows are changed at the same time; run the import again.") from None
    return ImportResult.ADDED


def _check_user(imported: ImportedUser) -> ImportResult:
    """Return the result of importing a user, without writing."""
    pointer, profile = batch_get(email_key(imported.user.email), profile_key(imported.user.id))
    if taken_by(pointer):
        return ImportResult.ALREADY_THERE
    if profile:
        raise InvalidLine("id: it belongs to a user with another address.")
    try:
        check_unknown(imported.passkeys)
    except InvalidPasskey as problem:
        raise InvalidLine(f"passkeys: {problem}") from None
    return ImportResult.ADDED


def _name(error: Exception) -> str:
    cause = getattr(error, "cause", None) or error
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code") or type(cause).__name__)
