"""Users of another system, as a file describes them. Import it only with the environment of the functions set."""

from base64 import b32decode
from dataclasses import dataclass, replace
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from gatehouse.accounts import NewAccount, legacy, passwords
from gatehouse.accounts.lookup import new_user
from gatehouse.accounts.model import User
from gatehouse.accounts.pictures import Picture, parse_image
from gatehouse.errors import Refusal
from gatehouse.passkeys.table import PasskeyRow
from gatehouse_dev.admin.imported_passkeys import InvalidPasskey, PasskeyLine, passkey_rows

MAX_LINE_LENGTH = 128 * 1024  # bytes of one line
SHORTEST_SECRET, LONGEST_SECRET = 10, 64  # bytes: apps have secrets of 80 bits, too


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


def parse_line(raw: bytes, base_url: str) -> ImportedUser:
    """Return the user of a line; raises InvalidLine."""
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


def _validation_message(error: ValidationError) -> str:
    """Return what is wrong with a line, without its values."""
    problems = [(".".join(map(str, problem["loc"])), problem["msg"]) for problem in error.errors()]
    told = [f"{place}: {text}" if place else text for place, text in problems]
    return "; ".join(text.replace("Value error, ", "") for text in told) + "."
