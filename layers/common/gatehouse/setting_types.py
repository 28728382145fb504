"""The types of settings, each with the values that it accepts."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BeforeValidator, PlainValidator

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

type NonEmptyText = Annotated[str, MinLen(1)]
type OptionalUrl = Annotated[str, BeforeValidator(_parse_url)]
type Flag = Annotated[bool, BeforeValidator(_parse_flag)]
type OnOff = Literal["on", "off"]
type Count = Annotated[int, Gt(0), BeforeValidator(_parse_number)]
type PasswordLength = Annotated[int, Ge(8), Le(128), BeforeValidator(_parse_number)]
type ProviderSeconds = Annotated[int, Ge(1), Le(8), BeforeValidator(_parse_number)]
type Seconds = Annotated[timedelta, BeforeValidator(_parse_number)]
type Lifetime = Annotated[timedelta, Gt(timedelta(0)), BeforeValidator(_parse_number)]
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


def _parse_url(value: str) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise ValueError("It should be empty or a URL with http or https")
    return value


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
    if not all(_DOMAIN.fullmatch(entry) or _TENANT.fullmatch(entry) for entry in entries):
        raise ValueError("It should be domains and tenant ids, comma-separated")
    return entries


def _parse_rate(value: str) -> Rate:
    calls, _, seconds = value.partition("/")
    if not (calls.isdecimal() and seconds.isdecimal() and int(calls) and int(seconds)):
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
