"""Import the users of another system. Import it only with the environment of the functions set."""

import sqlite3
from base64 import b32decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import BinaryIO
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pynamodb.exceptions import PynamoDBException

from gatehouse.accounts import NewAccount, imported_hashes, legacy, passwords, pictures, profile_key
from gatehouse.accounts.lookup import new_user
from gatehouse.accounts.model import User
from gatehouse.accounts.pictures import Picture, parse_image
from gatehouse.accounts.pointers import email_key, taken_by
from gatehouse.accounts.table import create_profile, new_profile
from gatehouse.dynamodb import ConditionFailed, TransactionConflict, batch_get, retry_if_changed, transact
from gatehouse.errors import Refusal
from gatehouse.passkeys.table import PasskeyRow
from gatehouse.second_factor.enrolment import import_totp
from gatehouse.sessions import create_epoch
from gatehouse_dev.admin.imported_passkeys import (
    InvalidPasskey,
    PasskeyLine,
    check_unknown,
    creations,
    passkey_rows,
)
from gatehouse_dev.admin.targets import OperatorError

MAX_LINE_LENGTH = 128 * 1024  # bytes of one line
SHORTEST_SECRET, LONGEST_SECRET = 10, 64  # bytes: apps have secrets of 80 bits, too


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


class InvalidLine(Exception):  # the project names exceptions for what happened
    """A line cannot be imported; the message says why."""


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
    totp_secret: str | None = None
    passkeys: list[PasskeyLine] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedUser:
    """A user to be imported."""

    user: User
    picture: Picture | None
    password_hash: str
    totp_secret: bytes | None
    passkeys: list[PasskeyRow]


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
            imported = _parsed(raw, self._base_url)
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


def _parsed(raw: bytes, base_url: str) -> ImportedUser:
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
    image, picture = _parse_image(line.image, user_id, base_url)
    user = replace(
        user,
        id=user_id,
        image=image,
        email_verified=line.email_verified,
        created_at=line.created_at or user.created_at,
    )
    return ImportedUser(
        user=user,
        picture=picture,
        password_hash=line.password_hash or "",
        totp_secret=_parse_totp_secret(line.totp_secret) if line.totp_secret else None,
        passkeys=_parse_passkeys(line, user),
    )


def _parse_totp_secret(text: str) -> bytes:
    """Return the secret of an app, which is base32 as people type it."""
    plain = text.replace(" ", "").replace("-", "").rstrip("=").upper()
    try:
        secret = b32decode(plain + "=" * (-len(plain) % 8))
    except ValueError:
        secret = b""
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise InvalidLine(f"totp_secret: it is not base32 of {SHORTEST_SECRET} to {LONGEST_SECRET} bytes.")
    return secret


def _parse_image(image: str | None, user_id: str, base_url: str) -> tuple[str | None, Picture | None]:
    try:
        return parse_image(image, user_id, base_url)
    except Refusal as refusal:
        raise InvalidLine(f"image: {str(refusal).removeprefix('[body.image] ')}") from None


def _parse_passkeys(line: UserLine, user: User) -> list[PasskeyRow]:
    if line.passkeys and not line.email_verified:
        raise InvalidLine("passkeys: only a user with a verified address can have any.")
    try:
        return passkey_rows(user.id, line.passkeys, user.created_at)
    except InvalidPasskey as problem:
        raise InvalidLine(f"passkeys: {problem}") from None


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


def _validation_message(error: ValidationError) -> str:
    """Return what is wrong with a line, without its values."""
    problems = [(".".join(map(str, problem["loc"])), problem["msg"]) for problem in error.errors()]
    told = [f"{place}: {text}" if place else text for place, text in problems]
    return "; ".join(text.replace("Value error, ", "") for text in told) + "."


def _name(error: Exception) -> str:
    cause = getattr(error, "cause", None) or error
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code") or type(cause).__name__)
