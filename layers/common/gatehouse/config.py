"""Settings, from the environment: parsed once, typed, and without defaults, which the template has.

A field `session_lifetime` is read from `GATEHOUSE_SESSION_LIFETIME`. A test compares the fields and their descriptions
with the template's parameters and docs/configuration.md.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NoReturn

from gatehouse.setting_types import (
    Address,
    CommaList,
    Count,
    Directories,
    Flag,
    Issuer,
    Lifetime,
    NonEmptyText,
    OnOff,
    OptionalDomain,
    OptionalPage,
    OptionalProxy,
    OptionalSite,
    OptionalUrl,
    OptionalWord,
    Origins,
    PasskeyOrigins,
    PasswordLength,
    ProviderId,
    ProviderSeconds,
    RateLimit,
    Seconds,
    TrustedOrigins,
    Url,
    parse,
)


class ConfigurationError(Exception):
    """A setting is missing from the environment or has an invalid value."""


class Config:
    """The settings of a function: those that are in its environment. They cannot be changed."""

    users_table: NonEmptyText
    """Table of users and their addresses"""
    sessions_table: NonEmptyText
    """Table of sessions"""
    tokens_table: NonEmptyText
    """Table of mailed tokens, and the outbox of mails"""
    tasks_table: NonEmptyText
    """Table of tasks"""
    limits_table: NonEmptyText
    """Table of the counters of rate limits"""
    secret: NonEmptyText
    """The secret that all keys are derived from"""
    audit_log: NonEmptyText
    """The log group of the audit trail"""
    mail_from: Address
    """The sender address of all mail; its domain becomes the SES identity"""
    mail_configuration: str
    """The SES configuration set of all mails: TLS required, bounces and complaints reported"""
    mail_rate: Count
    """Mails a second that each instance of the sender hands to SES; must be below the SES account's own rate"""
    product_name: str
    """The product's name in mails"""
    base_url: OptionalSite
    """The public URL if the API has a domain of its own; empty means API Gateway's domain"""
    hosted_pages: Flag
    """Whether this service shows pages of its own for sign-in, account and tasks; false needs a frontend URL"""
    frontend_url: OptionalPage
    """The site that hosted pages lead to, and whose pages redirect paths are; empty means the hosted pages"""
    frontend_links: Flag
    """Whether mailed links that verify an address or set a password open pages of the frontend; needs its URL"""
    cors_origins: Origins
    """Exact origins of frontends on other hosts, comma-separated"""
    trusted_origins: TrustedOrigins
    """Further redirect targets and origins of requests with cookies, comma-separated; also patterns and app schemes"""
    require_email_verification: Flag
    """Whether an address must be verified before sign-in"""
    send_verification_on_sign_in: Flag
    """Whether a sign-in with an unverified address mails the verification link again"""
    auto_sign_in_after_verification: Flag
    """Whether verifying an address opens a session for a browser that shows whose password it is"""
    verification_proof: Literal["link", "password"]
    """What verifies an address in another browser than signed up, the mailed link or a password along with it"""
    reveal_existing_users: Flag
    """Whether sign-up reveals that an address is taken"""
    sign_up_enabled: Flag
    """Whether anybody may sign up"""
    delete_user_by_mail: Flag
    """Whether deleting an account needs a mailed link"""
    require_two_factor: Literal["off", "all"]
    """Who must have a second factor: nobody, or all users, who can do nothing else until they set one up"""
    notify_new_device: Flag
    """Whether users are told by mail of a sign-in on a device that they did not use before"""
    confirm_email_change: Flag
    """Whether a change of address must be confirmed from the old address"""
    minimum_password_length: PasswordLength
    """Minimum length of a new password, in UTF-16 code units"""
    passkey_rp_id: OptionalDomain
    """The domain that passkeys are for, also its subdomains; empty means the host of the frontend, or of the API"""
    passkey_origins: PasskeyOrigins
    """Origins whose pages may use passkeys, comma-separated; empty means those known that are within that domain"""
    breached_passwords_url: OptionalUrl
    """Range API that new passwords are looked up at, by five digits of their SHA-1; empty is off"""
    session_lifetime: Lifetime
    """Lifetime of a session after its last renewal, in seconds"""
    session_update_age: Seconds
    """Minimum time between two renewals of a session, in seconds"""
    session_absolute_lifetime: Lifetime
    """Maximum lifetime of a session, however often it is renewed, in seconds"""
    session_fresh_age: Seconds
    """How long a session is fresh after a password or passkey was given, in seconds; 0 means always"""
    access_token_lifetime: Lifetime
    """Lifetime of an access token (JWT), in seconds"""
    access_token_audience: OptionalWord
    """The audience (aud) of access tokens, such as the URL of another backend; empty means the public URL"""
    verification_lifetime: Lifetime
    """Lifetime of a verification link, from the first attempt to send it, in seconds"""
    reset_lifetime: Lifetime
    """Lifetime of a password reset link, from the first attempt to send it, in seconds"""
    cookie_cache_age: Seconds
    """How long get-session may answer from a cookie, even if the session ended elsewhere, in seconds; 0 is off"""
    cookie_domain: OptionalDomain
    """The domain whose hosts share the cookies; empty means the API's host only"""
    cookie_same_site: Literal["lax", "none", "strict"]
    """The SameSite attribute of cookies; none is for frontends on another site, and adds Partitioned"""
    secure_cookies: Literal["auto", "on", "off"]
    """Whether cookies are named __Secure- and marked Secure; auto means if the public URL is https"""
    trusted_proxy: OptionalProxy
    """Headers in which the own proxy or CDN gives the client's address and a secret, as header,header=SHA-256"""
    rate_limits: OnOff
    """Whether the rate limits below apply"""
    rate_limit_sign_in: RateLimit
    """Calls of sign-in, sign-up, change-password and change-email, each, from one IP address, as calls/seconds"""
    rate_limit_callback: RateLimit
    """Returns from providers from one IP address, as calls/seconds; a form that is posted counts twice"""
    rate_limit_mail: RateLimit
    """Calls of each operation that sends mail, from one IP address, as calls/seconds"""
    rate_limit_mail_address: RateLimit
    """Mails requested for one address, from any IP address, as mails/seconds"""
    rate_limit_mail_address_daily: RateLimit
    """Mails requested for one address over a longer time, as mails/seconds"""
    rate_limit_refresh: RateLimit
    """Refreshes of one session, as calls/seconds"""
    rate_limit_task_reads: RateLimit
    """Requests of one user that read tasks, as calls/seconds"""
    rate_limit_task_writes: RateLimit
    """Changes of one user to tasks, as changes/seconds; a bulk request counts each of its operations"""
    rate_limit_failed_sign_ins: RateLimit
    """Failed sign-ins for one account, as failures/seconds; after that only known browsers are accepted"""
    maximum_tasks: Count
    """Tasks that a user can have"""
    maximum_sessions: Count
    """Sessions of a user; the others, renewed the longest ago, are ended in the background now and then"""
    google_client_id: CommaList
    """The client ids at Google, comma-separated; redirects use the first, ID tokens may have any; empty is off"""
    google_client_secret_name: str
    """The name of Google's client secret in Secrets Manager"""
    google_authorize_url: Url
    """Google's authorization endpoint"""
    google_token_url: Url
    """Google's token endpoint"""
    google_jwks_url: Url
    """The keys that sign Google's ID tokens"""
    google_issuer: Issuer
    """The issuer of Google's ID tokens"""
    oidc_provider_id: ProviderId
    """The id of a second OpenID Connect provider in paths and requests"""
    oidc_issuer: OptionalPage
    """The issuer of that provider; its endpoints come from OpenID Connect Discovery; empty is off"""
    oidc_client_id: CommaList
    """The client ids at that provider, comma-separated, as for Google"""
    oidc_client_secret_name: str
    """The name of that provider's client secret in Secrets Manager"""
    oidc_scopes: CommaList
    """The scopes requested from that provider, comma-separated"""
    oidc_trusted_directories: Directories
    """Domains, and tenant ids of Entra ID, whose addresses count as verified where that provider does not say it"""
    provider_timeout: ProviderSeconds
    """Seconds that a provider has for each whole response: its description, its keys, tokens"""
    second_factor_secret: NonEmptyText
    """The secret that seals second factors; rotation leaves it alone"""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    """The lowest level that is logged"""
    tracing: Literal["Active", "Disabled"]
    """Whether X-Ray traces every call"""
    transport: Literal["botocore", "own"]
    """Which client calls DynamoDB, botocore's or our own"""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        vars(self).update(settings)

    def __getattr__(self, name: str) -> NoReturn:
        """Raise ConfigurationError for a setting that is not in the environment: there are no defaults here."""
        if name in Config.__annotations__:
            raise ConfigurationError(f"{_variable_name(name)} is missing")
        raise AttributeError(name)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name} cannot be changed")


def parse_environment(environment: Mapping[str, str]) -> Config:
    """Parse every setting in `environment`; raises ConfigurationError that names all invalid ones."""
    settings: dict[str, Any] = {}
    problems: list[str] = []
    for name, kind in Config.__annotations__.items():
        variable = _variable_name(name)
        if variable in environment:
            try:
                settings[name] = parse(kind, environment[variable].strip())
            except ValueError as error:
                problems.append(f"{variable} {error}")
    if (settings.get("cookie_same_site"), settings.get("secure_cookies")) == ("none", "off"):
        problems.append("GATEHOUSE_SECURE_COOKIES must not be off where GATEHOUSE_COOKIE_SAME_SITE is none")
    for name, opens_its_pages in (("hosted_pages", False), ("frontend_links", True)):
        if (settings.get(name), settings.get("frontend_url")) == (opens_its_pages, ""):
            needs = f"{_variable_name(name)} is {str(opens_its_pages).lower()}"
            problems.append(f"GATEHOUSE_FRONTEND_URL must be given where {needs}")
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Config(settings)


@cache
def config() -> Config:
    """Return the settings of this process, parsed once."""
    return parse_environment(os.environ)


def is_snapstart_init() -> bool:
    """Whether this process is for a snapshot: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def _variable_name(name: str) -> str:
    return f"GATEHOUSE_{name.upper()}"
