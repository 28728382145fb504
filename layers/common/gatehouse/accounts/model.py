"""What an account is, and what may be said of one."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StrictBool, StringConstraints

from gatehouse.wire import TimeZone, Wire

UTC = "UTC"
_CONTROLS = {"Cc", "Zl", "Zp"}  # control characters, and Unicode's own ends of lines and paragraphs
_HALF = "Cs"  # half of a character, which is no text that could be kept
_LONGEST_EMAIL, _LONGEST_LOCAL_PART = 255, 64
_LONGEST_NAME = 100
_LONGEST_LINK, _LONGEST_IMAGE = 500, 8000  # of a picture elsewhere, and of one that is kept here
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DATA_URL = re.compile(  # each kind begins as its files do
    r"data:image/(?:png;base64,iVBORw0KGg|jpeg;base64,/9j/|webp;base64,UklGR)[A-Za-z0-9+/]*={0,2}"
)
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def normal_email(text: str) -> str:
    """The one spelling of an address: trimmed, lower-case, ASCII. Raises ValueError for what is not an address."""
    address = text.strip(" \t\r\n")
    # Lower-casing first would let a Kelvin sign through as a k.
    if not address.isascii() or len(address) > _LONGEST_EMAIL:
        raise ValueError("Invalid email address")
    address = address.lower()
    if not _EMAIL.fullmatch(address) or address.index("@") > _LONGEST_LOCAL_PART:
        raise ValueError("Invalid email address")
    return address


def _one_line(text: str) -> str:
    if any(unicodedata.category(character) in _CONTROLS for character in text):
        raise ValueError("Must not have line breaks or other control characters")
    return text


def _picture(url: str) -> str:
    if not _is_link(url) and not _is_picture(url):
        raise ValueError("Must be an https URL of at most 500 characters, or a data URL of a WebP, PNG or JPEG picture")
    return url


def _is_link(url: str) -> bool:
    return url.startswith("https://") and len(url) <= _LONGEST_LINK


def _is_picture(url: str) -> bool:
    return len(url.partition(",")[2]) % 4 == 0 and _DATA_URL.fullmatch(url) is not None


def _utc_by_default(value: object) -> object:
    return UTC if value in (None, "") else value


def presentable_name(value: object) -> str:
    """A name that somebody else tells us, made to fit: one line, 100 characters, empty when it is no text."""
    text = value if isinstance(value, str) else ""
    unwanted = {*_CONTROLS, _HALF}
    plain = "".join(" " if unicodedata.category(character) in unwanted else character for character in text)
    return " ".join(plain.split())[:_LONGEST_NAME].strip()


def presentable_image(value: object) -> str | None:
    """A link to a picture that somebody else tells us, if it is one that we would take."""
    if not isinstance(value, str) or not _is_link(value):
        return None
    return None if any(unicodedata.category(character) == _HALF for character in value) else value


Email = Annotated[str, AfterValidator(normal_email)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=_LONGEST_NAME), AfterValidator(_one_line)]
Image = Annotated[str, StringConstraints(max_length=_LONGEST_IMAGE), AfterValidator(_picture)]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person as the wire shows them."""

    id: str
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: datetime
    updated_at: datetime
    task_reminders: bool = False
    time_zone: str = UTC


class NewAccount(Wire):
    """What somebody asks for when they sign up."""

    email: Email
    password: str
    name: Name = ""
    image: Image | None = None
    remember_me: StrictBool = True
    callback_url: str | None = None


class ProfileChanges(Wire):
    """What somebody wants to be different about themselves; the address is not changed this way."""

    name: Name = ""
    image: Image | None = None
    task_reminders: StrictBool = False
    time_zone: Annotated[TimeZone, BeforeValidator(_utc_by_default)] = UTC
    email: Any = None


class Credentials(Wire):
    """What somebody shows when they sign in."""

    email: str
    password: str
    remember_me: StrictBool = True
    callback_url: str | None = None
