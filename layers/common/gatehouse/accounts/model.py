"""User accounts: their values and the rules for them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StringConstraints

from gatehouse.api_model import ApiModel, TimeZone

UTC = "UTC"
_CONTROLS = {"Cc", "Zl", "Zp"}  # control characters, and Unicode's own ends of lines and paragraphs
_HALF = "Cs"  # half of a surrogate pair, which cannot be stored
_LONGEST_EMAIL, _LONGEST_LOCAL_PART = 255, 64
_LONGEST_NAME = 100
_LONGEST_LINK = 500  # of a link to a picture
_ENCODED_WORD = "=?"  # mail programs decode what follows: https://www.rfc-editor.org/rfc/rfc2047
_LARGEST_PORT = 65_535
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LINK = re.compile(
    rf"https://{_LABEL}(?:\.{_LABEL})*(?::(?P<port>[1-9][0-9]{{0,4}}))?(?:[/?#][^\s\"'`<>\\]*)?",
    re.IGNORECASE | re.ASCII,
)
_NOT_IN_LINKS = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}  # controls, invisible characters, halves of surrogates, blanks
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def normalize_email(text: str) -> str:
    """Return the normal form of an address: trimmed, lower-case, with A-labels for an internationalized domain.

    Raises ValueError for an invalid one.
    """
    address = text.strip(" \t\r\n")
    if not address.isascii() and len(address) <= _LONGEST_EMAIL:
        local, at, domain = address.rpartition("@")
        address = f"{local}{at}{_ascii_domain(domain)}"
    # Lower-casing first would let a Kelvin sign through as a k.
    if not address.isascii() or len(address) > _LONGEST_EMAIL or _ENCODED_WORD in address:
        raise ValueError("Invalid email address")
    address = address.lower()
    if not _EMAIL.fullmatch(address) or address.index("@") > _LONGEST_LOCAL_PART:
        raise ValueError("Invalid email address")
    return address


def _ascii_domain(domain: str) -> str:
    """Return a domain with A-labels (IDNA 2008); unchanged, and not ASCII, when it is not valid."""
    import idna  # noqa: PLC0415 -- its tables are large, and few addresses need them

    lower = [unicodedata.normalize("NFC", character.lower()) for character in domain if not character.isascii()]
    if any(character.isascii() for text in lower for character in text):
        return domain  # a letter of another script that would become an ASCII one
    labels = unicodedata.normalize("NFC", domain.lower()).split(".")
    try:
        return ".".join(label if label.isascii() else idna.alabel(label).decode() for label in labels)
    except (idna.IDNAError, UnicodeError):
        return domain


def check_one_line(text: str) -> str:
    """Return a text; raises ValueError for one with line breaks or other control characters."""
    if any(unicodedata.category(character) in _CONTROLS for character in text):
        raise ValueError("Must not have line breaks or other control characters")
    return text


def is_link(url: str) -> bool:
    """Whether `url` has a host and no user, and no character that is invisible or ends a URL or an attribute."""
    match = _LINK.fullmatch(url) if len(url) <= _LONGEST_LINK else None
    if not match or int(match["port"] or 0) > _LARGEST_PORT:
        return False
    return all(unicodedata.category(character) not in _NOT_IN_LINKS for character in url)


def _utc_by_default(value: object) -> object:
    return UTC if value in (None, "") else value


def sanitize_name(value: object) -> str:
    """Return an untrusted name in a form that we accept: one line, 100 characters; empty when it is no text."""
    text = value if isinstance(value, str) else ""
    unwanted = {*_CONTROLS, _HALF}
    plain = "".join(" " if unicodedata.category(character) in unwanted else character for character in text)
    return " ".join(plain.split())[:_LONGEST_NAME].strip()


def sanitize_image(value: object) -> str | None:
    """Return an untrusted image URL if it is one that we accept, else None."""
    return value if isinstance(value, str) and is_link(value) else None


Email = Annotated[str, AfterValidator(normalize_email)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=_LONGEST_NAME), AfterValidator(check_one_line)
]
Image = Annotated[str, Field(description="An https URL, or a data URL of a PNG, JPEG or WebP picture")]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user, with the fields that the API shows.

    `password_unproven` is set while the password may be that of somebody who does not have the mailbox.
    """

    id: str
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: datetime
    updated_at: datetime
    task_reminders: bool = False
    time_zone: str = UTC
    password_unproven: bool | None = None
    two_factor_method: str | None = None

    @property
    def two_factor_enabled(self) -> bool:
        """Whether signing in takes a second factor."""
        return self.two_factor_method is not None

    @property
    def is_proven(self) -> bool:
        """Whether nobody but the owner of the mailbox can have set what lets into the account."""
        return self.email_verified and not self.password_unproven


class NewAccount(ApiModel):
    """The body of a sign-up."""

    email: Email
    password: str
    name: Name = ""
    image: Image | None = None
    remember_me: StrictBool = True
    callback_url: str | None = None


class ProfileChanges(ApiModel):
    """Changes to a profile. The address is not changed here."""

    name: Name = ""
    image: Image | None = None
    task_reminders: StrictBool = False
    time_zone: Annotated[TimeZone, BeforeValidator(_utc_by_default)] = UTC
    email: Any = None


class PasswordCredentials(ApiModel):
    """The body of a sign-in with a password."""

    email: str
    password: str
    remember_me: StrictBool = True
    callback_url: str | None = None
