"""The types of settings, each with the values that it accepts."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from annotated_types import Ge, Le, MinLen
from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainValidator, TypeAdapter, ValidationError
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function

_DIRECTORY = r"[a-z0-9-]+(\.[a-z0-9-]+)+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a domain, or a tenant id
RATE = "0*[1-9][0-9]{0,8}/0*[1-9][0-9]{0,7}"
_MOST = 1_000_000_000
_LONGEST = timedelta(days=3650)  # a later time could not be calculated with
_HOST = r"([A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?"
_SITE = rf"https?://{_HOST}"
_EXACT_HOST = r"([a-z0-9_-]+([.][a-z0-9_-]+)*|\[[0-9a-f:.]+\])"
_EXACT_ORIGIN = (
    rf"(https://{_EXACT_HOST}(:(?!443(,|$))[1-9][0-9]{{0,4}})?|http://{_EXACT_HOST}(:(?!80(,|$))[1-9][0-9]{{0,4}})?)"
)
_PATTERN = r"(https?://)?([A-Za-z0-9_.*?-]+|\[[0-9a-f:.]+\])(:([1-9][0-9]{0,4}|[*]))?"
_APP = r"(?!https?://)[A-Za-z][A-Za-z0-9+.-]*://[^\s,]*"
_TRUSTED = rf"({_PATTERN}|{_APP})"
_URL = rf"{_SITE}(/[^\s?#]*)?([?][^\s#]*)?"
_PAGE = rf"{_SITE}(/[^\s?#]*)?"
_ORIGINS = rf"({_EXACT_ORIGIN}(,{_EXACT_ORIGIN})*)?"
_ANDROID_APP = "android:apk-key-hash:[A-Za-z0-9_-]{43}"
_PASSKEY_ORIGIN = f"({_EXACT_ORIGIN}|{_ANDROID_APP})"
_PASSKEY_ORIGINS = rf"({_PASSKEY_ORIGIN}(,{_PASSKEY_ORIGIN})*)?"
_TRUSTED_LIST = rf"({_TRUSTED}(\s*,\s*{_TRUSTED})*)?"
_LIKE_BROWSERS = (
    "origins as browsers send them, https://app.example.com: in lower case, without path, slash at the end and default "
    "port, separated by commas without blanks"
)
_TRUSTED_FORMS = (
    "origins without path, patterns as https://*.example.com, or schemes of apps as myapp://, separated by commas"
)


@dataclass(frozen=True, slots=True)
class Form:
    """A validator of a text: the pattern of the whole, also for CloudFormation, and what it `should be`."""

    pattern: str
    description: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the text before the type that it annotates."""
        return no_info_before_validator_function(self.check, handler(source))

    def check(self, value: str) -> str:
        """Return the value; raises ValueError."""
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValueError(f"It should be {self.description}")
        return value


type NonEmptyText = Annotated[str, MinLen(1)]
type Address = Annotated[str, Form(r"[^@\s]+@[^@\s]+", "an email address")]
type Url = Annotated[str, Form(_URL, "a URL with http or https")]
type OptionalUrl = Annotated[str, Form(f"({_URL})?", "a URL with http or https, or empty")]
type Issuer = Annotated[str, Form(_PAGE, "a URL with http or https and without query")]
type OptionalPage = Annotated[str, Form(f"({_PAGE})?", "a URL with http or https and without query, or empty")]
type OptionalSite = Annotated[str, Form(f"({_SITE}/?)?", "a URL with http or https and without path, or empty")]
type Origins = Annotated[tuple[str, ...], BeforeValidator(_parse_list), Form(_ORIGINS, _LIKE_BROWSERS)]
type TrustedOrigins = Annotated[tuple[str, ...], BeforeValidator(_parse_list), Form(_TRUSTED_LIST, _TRUSTED_FORMS)]
type PasskeyOrigins = Annotated[
    tuple[str, ...], BeforeValidator(_parse_list), Form(_PASSKEY_ORIGINS, f"{_LIKE_BROWSERS}, or of Android apps")
]
type OptionalWord = Annotated[str, Form("[!-~]*", "visible ASCII characters without blanks, or empty")]
type OptionalDomain = Annotated[str, Form(r"([A-Za-z0-9-]+([.][A-Za-z0-9-]+)*)?", "a domain, or empty")]
type ProviderId = Annotated[str, Form(r"[a-z0-9-]{1,32}", "1 to 32 lower-case letters, digits and hyphens")]
type Flag = Annotated[bool, BeforeValidator(_parse_flag)]
type OnOff = Literal["on", "off"]
type Count = Annotated[int, Ge(1), Le(_MOST), BeforeValidator(_parse_number)]
type PasswordLength = Annotated[int, Ge(8), Le(128), BeforeValidator(_parse_number)]
type ProviderSeconds = Annotated[int, Ge(1), Le(6), BeforeValidator(_parse_number)]
type Seconds = Annotated[timedelta, Le(_LONGEST), BeforeValidator(_parse_number)]
type Lifetime = Annotated[timedelta, Ge(timedelta(seconds=1)), Le(_LONGEST), BeforeValidator(_parse_number)]
type CommaList = Annotated[tuple[str, ...], BeforeValidator(_parse_list)]
type Directories = Annotated[tuple[str, ...], BeforeValidator(_parse_directories)]
type RateLimit = Annotated[Rate, BeforeValidator(_parse_rate)]
type OptionalProxy = Annotated[TrustedProxy | None, PlainValidator(_parse_proxy)]


class Rate(NamedTuple):
    """A rate limit: `calls` per `seconds`."""

    calls: int
    seconds: int

    def window_end(self, now: datetime) -> int:
        """Return the end of the window that `now` is in, in Unix seconds. All instances have the same windows."""
        return (int(now.timestamp()) // self.seconds + 1) * self.seconds


class TrustedProxy(NamedTuple):
    """The header in which a proxy gives the client's address; and headers, each with the SHA-256 of a secret."""

    address_header: str
    secrets: tuple[tuple[str, str], ...]


def parse(kind: Any, value: str) -> Any:
    """Return a setting's value in its type; raises ValueError, which says what it must be."""
    try:
        return _validator(kind).validate_python(value)
    except ValidationError as error:
        # pydantic's "Input should be 'on' or 'off'" is "must be 'on' or 'off'"
        raise ValueError(f"must {error.errors()[0]['msg'].rpartition(' should ')[2]}") from None


@cache
def _validator(kind: Any) -> TypeAdapter[Any]:
    """Return the validator of a type, built once. A model of all fields takes 3 % of a cold start: docs/adr/0022."""
    return TypeAdapter(kind)


def _parse_flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("It should be true or false")
    return value == "true"


def _parse_number(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("It should be a whole number")
    return int(value)


def _parse_list(value: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in value.split(",") if entry.strip())


def _parse_directories(value: str) -> tuple[str, ...]:
    entries = _parse_list(value.lower())
    if not all(re.fullmatch(_DIRECTORY, entry, re.ASCII) for entry in entries):
        raise ValueError("It should be domains and tenant ids, comma-separated")
    return entries


def _parse_rate(value: str) -> Rate:
    calls, _, seconds = value.partition("/")
    if not re.fullmatch(RATE, value, re.ASCII):
        raise ValueError("It should look like 3/10: so many in so many seconds")
    return Rate(int(calls), int(seconds))


def _parse_proxy(value: str) -> TrustedProxy | None:
    if not value:
        return None
    if not re.fullmatch(r"[a-z0-9-]+(,[a-z0-9-]+=[0-9a-f]{64})+", value):
        raise ValueError("It should look like x-forwarded-for,x-origin-verify=<SHA-256 in hex>")
    address_header, *entries = value.split(",")
    secrets = [entry.partition("=") for entry in entries]
    return TrustedProxy(address_header, tuple((header, digest) for header, _, digest in secrets))
