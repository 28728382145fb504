"""Settings, from the environment: read once, typed, refused when incomplete.

A field `session_lifetime` is read from `GATEHOUSE_SESSION_LIFETIME`. Durations are given in seconds, lists with commas,
rates as 3/10: three in ten seconds.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints

SecureCookies = Literal["auto", "on", "off"]
CookieSameSite = Literal["lax", "none", "strict"]
Switch = Literal["on", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Tracing = Literal["Active", "Disabled"]
Transport = Literal["botocore", "own"]
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 8, 128
Lifetime = Annotated[timedelta, "above zero"]
PerSecond = Annotated[int, "above zero"]


class Rate(NamedTuple):
    """So many in so many seconds."""

    calls: int
    seconds: int


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
    audit_log: str
    mail_from: str
    mail_configuration: str = ""
    mail_rate: PerSecond = 10
    product_name: str = "Gatehouse"
    base_url: str = ""
    frontend_url: str = ""
    hosted_pages: bool = True
    cors_origins: tuple[str, ...] = ()
    trusted_origins: tuple[str, ...] = ()
    require_email_verification: bool = True
    send_verification_on_sign_in: bool = False
    auto_sign_in_after_verification: bool = False
    reveal_existing_users: bool = False
    sign_up_enabled: bool = True
    delete_user_by_mail: bool = False
    confirm_email_change: bool = False
    minimum_password_length: int = 8
    session_lifetime: Lifetime = timedelta(days=7)
    session_update_age: timedelta = timedelta(days=1)
    session_absolute_lifetime: Lifetime = timedelta(days=30)
    session_fresh_age: timedelta = timedelta(days=1)
    access_token_lifetime: Lifetime = timedelta(minutes=15)
    verification_lifetime: Lifetime = timedelta(minutes=15)
    reset_lifetime: Lifetime = timedelta(hours=1)
    cookie_cache_age: timedelta = timedelta(0)
    cookie_domain: str = ""
    cookie_same_site: CookieSameSite = "lax"
    secure_cookies: SecureCookies = "auto"
    rate_limits: Switch = "on"
    rate_limit_sign_in: Rate = Rate(3, 10)  # noqa: RUF009 -- a tuple
    rate_limit_mail: Rate = Rate(3, 60)  # noqa: RUF009 -- a tuple
    rate_limit_mail_address: Rate = Rate(3, 300)  # noqa: RUF009 -- a tuple
    rate_limit_mail_address_daily: Rate = Rate(10, 86_400)  # noqa: RUF009 -- a tuple
    rate_limit_refresh: Rate = Rate(150, 300)  # noqa: RUF009 -- a tuple
    rate_limit_failed_sign_ins: Rate = Rate(10, 900)  # noqa: RUF009 -- a tuple
    google_client_id: tuple[str, ...] = ()
    google_client_secret_name: str = ""
    google_authorize_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 -- an address
    google_jwks_url: str = "https://www.googleapis.com/oauth2/v3/certs"
    google_issuer: str = "https://accounts.google.com"
    oidc_provider_id: str = "oidc"
    oidc_issuer: str = ""
    oidc_client_id: tuple[str, ...] = ()
    oidc_client_secret_name: str = ""
    oidc_scopes: tuple[str, ...] = ("openid", "email", "profile")
    log_level: LogLevel = "INFO"
    tracing: Tracing = "Disabled"
    transport: Transport = "own"


def read(environment: Mapping[str, str]) -> Config:
    """Every setting that `environment` has; raises ConfigurationError naming all that are missing or wrong."""
    types = get_type_hints(Config, include_extras=True)
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
    if (settings.get("cookie_same_site"), settings.get("secure_cookies")) == ("none", "off"):
        problems.append("GATEHOUSE_SECURE_COOKIES must not be off where GATEHOUSE_COOKIE_SAME_SITE is none")
    if settings.get("hosted_pages") is False and not settings.get("frontend_url"):
        problems.append("GATEHOUSE_FRONTEND_URL must be given where GATEHOUSE_HOSTED_PAGES is false")
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Config(**settings)


@cache
def config() -> Config:
    """The settings of this process."""
    return read(os.environ)


def is_for_a_snapshot() -> bool:
    """Whether this process starts to be copied: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
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
    bool: _flag,
    int: _password_length,
    timedelta: _seconds,
    Lifetime: _lifetime,
    PerSecond: _per_second,
    Rate: _rate,
    tuple[str, ...]: _list,
    **{
        choice: _one_of(*get_args(choice))
        for choice in (CookieSameSite, LogLevel, SecureCookies, Switch, Tracing, Transport)
    },
}
