"""Settings, from the environment: read once, typed, refused when incomplete.

A field `session_lifetime` is read from `GATEHOUSE_SESSION_LIFETIME`. Durations are given in seconds, lists with commas.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from functools import cache
from typing import Any, Literal, get_args, get_type_hints

SecureCookies = Literal["auto", "on", "off"]
Tracing = Literal["Active", "PassThrough"]


class ConfigurationError(Exception):
    """The environment lacks a setting or has one that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One attribute a setting; the template's parameters describe them."""

    users_table: str
    sessions_table: str
    tokens_table: str
    tasks_table: str
    limits_table: str
    secret: str
    mail_from: str
    product_name: str = "Gatehouse"
    base_url: str = ""
    frontend_url: str = ""
    cors_origins: tuple[str, ...] = ()
    trusted_origins: tuple[str, ...] = ()
    require_email_verification: bool = True
    secure_cookies: SecureCookies = "auto"
    session_lifetime: timedelta = timedelta(days=7)
    session_update_age: timedelta = timedelta(days=1)
    session_absolute_lifetime: timedelta = timedelta(days=30)
    verification_lifetime: timedelta = timedelta(minutes=15)
    reset_lifetime: timedelta = timedelta(hours=1)
    tracing: Tracing = "PassThrough"


def read(environment: Mapping[str, str]) -> Config:
    """Every setting that `environment` has; raises ConfigurationError naming all that are missing or wrong."""
    types = get_type_hints(Config)
    settings: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields(Config):
        variable = f"GATEHOUSE_{field.name.upper()}"
        given = environment.get(variable, "").strip()
        try:
            if variable in environment and (given or field.default is not MISSING):
                settings[field.name] = _PARSERS[types[field.name]](given)
            elif field.default is MISSING:
                problems.append(f"{variable} is missing")
        except ValueError as error:
            problems.append(f"{variable} {error}")
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Config(**settings)


@cache
def config() -> Config:
    """The settings of this process."""
    return read(os.environ)


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    return _one_of("true", "false")(value) == "true"


def _seconds(value: str) -> timedelta:
    if not value.isdecimal() or int(value) < 1:
        raise ValueError("must be a whole number of seconds above zero")
    return timedelta(seconds=int(value))


def _list(value: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in value.split(",") if entry.strip())


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return parse


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: _text,
    bool: _flag,
    timedelta: _seconds,
    tuple[str, ...]: _list,
    SecureCookies: _one_of(*get_args(SecureCookies)),
    Tracing: _one_of(*get_args(Tracing)),
}
