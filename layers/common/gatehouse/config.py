"""Settings, from the environment: parsed once, typed, and without defaults, which the template has.

A field `session_lifetime` is read from `GATEHOUSE_SESSION_LIFETIME`. Durations are given in seconds, lists with commas,
rates as 3/10: three in ten seconds.
"""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, get_args, get_type_hints

SecureCookies = Literal["auto", "on", "off"]
CookieSameSite = Literal["lax", "none", "strict"]
OnOff = Literal["on", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Tracing = Literal["Active", "Disabled"]
Transport = Literal["botocore", "own"]
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 8, 128
NonEmptyText = Annotated[str, "not empty"]
PasswordLength = Annotated[int, "8 to 128"]
Lifetime = Annotated[timedelta, "above zero"]
PerSecond = Annotated[int, "above zero"]


class Rate(NamedTuple):
    """A rate limit: `calls` per `seconds`."""

    calls: int
    seconds: int


class ConfigurationError(Exception):
    """A setting is missing from the environment or has an invalid value."""


class Config:
    """The settings of a function. It has those that it reads; the template's parameters describe them."""

    users_table: NonEmptyText
    sessions_table: NonEmptyText
    tokens_table: NonEmptyText
    tasks_table: NonEmptyText
    limits_table: NonEmptyText
    secret: NonEmptyText
    audit_log: NonEmptyText
    mail_from: NonEmptyText
    mail_configuration: str
    mail_rate: PerSecond
    product_name: str
    base_url: str
    frontend_url: str
    hosted_pages: bool
    cors_origins: tuple[str, ...]
    trusted_origins: tuple[str, ...]
    require_email_verification: bool
    send_verification_on_sign_in: bool
    auto_sign_in_after_verification: bool
    reveal_existing_users: bool
    sign_up_enabled: bool
    delete_user_by_mail: bool
    confirm_email_change: bool
    minimum_password_length: PasswordLength
    session_lifetime: Lifetime
    session_update_age: timedelta
    session_absolute_lifetime: Lifetime
    session_fresh_age: timedelta
    access_token_lifetime: Lifetime
    verification_lifetime: Lifetime
    reset_lifetime: Lifetime
    cookie_cache_age: timedelta
    cookie_domain: str
    cookie_same_site: CookieSameSite
    secure_cookies: SecureCookies
    rate_limits: OnOff
    rate_limit_sign_in: Rate
    rate_limit_mail: Rate
    rate_limit_mail_address: Rate
    rate_limit_mail_address_daily: Rate
    rate_limit_refresh: Rate
    rate_limit_failed_sign_ins: Rate
    google_client_id: tuple[str, ...]
    google_client_secret_name: str
    google_authorize_url: str
    google_token_url: str
    google_jwks_url: str
    google_issuer: str
    oidc_provider_id: str
    oidc_issuer: str
    oidc_client_id: tuple[str, ...]
    oidc_client_secret_name: str
    oidc_scopes: tuple[str, ...]
    log_level: LogLevel
    tracing: Tracing
    transport: Transport

    def __init__(self, settings: Mapping[str, Any]) -> None:
        vars(self).update(settings)

    def __getattr__(self, name: str) -> NoReturn:
        """Raise ConfigurationError for a setting that the environment lacks: there are no defaults here."""
        if name in Config.__annotations__:
            raise ConfigurationError(f"{_variable_name(name)} is missing")
        raise AttributeError(name)


def parse_environment(environment: Mapping[str, str]) -> Config:
    """Parse every setting in `environment`; raises ConfigurationError that names all invalid ones."""
    settings: dict[str, Any] = {}
    problems: list[str] = []
    for name, kind in get_type_hints(Config, include_extras=True).items():
        variable = _variable_name(name)
        if variable in environment:
            try:
                settings[name] = _PARSERS[kind](environment[variable].strip())
            except ValueError as error:
                problems.append(f"{variable} {error}")
    if (settings.get("cookie_same_site"), settings.get("secure_cookies")) == ("none", "off"):
        problems.append("GATEHOUSE_SECURE_COOKIES must not be off where GATEHOUSE_COOKIE_SAME_SITE is none")
    if (settings.get("hosted_pages"), settings.get("frontend_url")) == (False, ""):
        problems.append("GATEHOUSE_FRONTEND_URL must be given where GATEHOUSE_HOSTED_PAGES is false")
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Config(settings)


@cache
def config() -> Config:
    """Return the settings of this process, parsed once."""
    return parse_environment(os.environ)


def is_snapstart_init() -> bool:
    """Whether this process is initialized for a SnapStart snapshot:
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html.
    """
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def _variable_name(name: str) -> str:
    return f"GATEHOUSE_{name.upper()}"


def _text(value: str) -> str:
    return value


def _non_empty(value: str) -> str:
    if not value:
        raise ValueError("is missing")
    return value


def _boolean(value: str) -> bool:
    return _one_of("true", "false")(value) == "true"


def _seconds(value: str) -> timedelta:
    if not value.isdecimal():
        raise ValueError("must be a whole number of seconds")
    return timedelta(seconds=int(value))


def _lifetime(value: str) -> timedelta:
    if not _seconds(value):
        raise ValueError("must be above zero")
    return _seconds(value)


def _password_length(value: str) -> int:
    if not value.isdecimal() or not _SHORTEST_PASSWORD <= int(value) <= _LONGEST_PASSWORD:
        raise ValueError(f"must be a number from {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD}")
    return int(value)


def _per_second(value: str) -> int:
    if not value.isdecimal() or not int(value):
        raise ValueError("must be a whole number above zero")
    return int(value)


def _rate(value: str) -> Rate:
    calls, _, seconds = value.partition("/")
    if not (calls.isdecimal() and seconds.isdecimal() and int(calls) and int(seconds)):
        raise ValueError("must look like 3/10: so many in so many seconds")
    return Rate(int(calls), int(seconds))


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
    NonEmptyText: _non_empty,
    bool: _boolean,
    PasswordLength: _password_length,
    timedelta: _seconds,
    Lifetime: _lifetime,
    PerSecond: _per_second,
    Rate: _rate,
    tuple[str, ...]: _list,
    **{
        choice: _one_of(*get_args(choice))
        for choice in (CookieSameSite, LogLevel, SecureCookies, OnOff, Tracing, Transport)
    },
}
