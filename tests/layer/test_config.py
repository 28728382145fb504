"""Settings: complete and typed, or the function does not start."""

import os
import traceback
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import APIRouter

from gatehouse_dev.template import Template
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.settings_usage import SETTINGS

NAMES = {
    "GATEHOUSE_USERS_TABLE": "users",
    "GATEHOUSE_SESSIONS_TABLE": "sessions",
    "GATEHOUSE_TOKENS_TABLE": "tokens",
    "GATEHOUSE_TASKS_TABLE": "tasks",
    "GATEHOUSE_LIMITS_TABLE": "limits",
    "GATEHOUSE_SECRET": "secret",
    "GATEHOUSE_AUDIT_LOG": "AuditLogs",
    "GATEHOUSE_MAIL_FROM": "no-reply@example.com",
}


def test_settings_are_parsed(template: Template) -> None:
    settings = layer("config").parse_environment(template.environment())

    assert settings.users_table == "UsersTable"
    assert settings.require_email_verification is True
    assert settings.session_lifetime == timedelta(days=7)
    assert settings.session_absolute_lifetime == timedelta(days=30)
    assert settings.verification_lifetime == timedelta(minutes=15)
    assert settings.reset_lifetime == timedelta(hours=1)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_ghsa_8fpg_xm3f_6cx3_a_missing_setting_is_refused_by_name(template: Template, name: str) -> None:
    """S-36: no setting has a default in code; a service without its secret must not start."""
    variable = f"GATEHOUSE_{name.upper()}"
    given = {other: value for other, value in template.environment().items() if other != variable}

    with pytest.raises(layer("config").ConfigurationError, match=f"^{variable} is missing$"):
        getattr(layer("config").parse_environment(given), name)


@pytest.mark.parametrize("variable", NAMES)
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_name_is_refused_at_start(variable: str, value: str) -> None:
    with pytest.raises(
        layer("config").ConfigurationError, match=f"^{variable} must (have at least 1 character|be an email address)$"
    ):
        layer("config").parse_environment(NAMES | {variable: value})


def test_all_problems_are_reported_together() -> None:
    environment = NAMES | {"GATEHOUSE_USERS_TABLE": "", "GATEHOUSE_RESET_LIFETIME": "soon"}

    with pytest.raises(layer("config").ConfigurationError) as problem:
        layer("config").parse_environment(environment)

    assert str(problem.value) == (
        "GATEHOUSE_USERS_TABLE must have at least 1 character; GATEHOUSE_RESET_LIFETIME must be a whole number"
    )


INVALID = {
    "session_lifetime": ("0", "-1", "1.5", "1d", "", "12x", "9" * 20, "315360001"),
    "session_update_age": ("-1", "1.5", "P1D", "0:15:00", ""),
    "mail_rate": ("0", "-1", "+1", "1.5", "1.0", "1_0", "fast", "", "1000000001"),
    "oidc_trusted_directories": (
        *("example", "@example.com", "a@example.com", "https://example.com", "*.example.com", "example.com/a", ".com"),
        *("72f988bf-86f1-41af-91ab", "b\u00fccher.example", "example.com;example.org", "example.com example.org"),
    ),
    "provider_timeout": ("0", "7", "1.5", "-1", "2 s", ""),
    "minimum_password_length": ("7", "129", "-8", "8.0", "eight", ""),
    "require_email_verification": ("yes", "True", "TRUE", "1", "0", "on", ""),
    "rate_limits": ("true", "On", ""),
    "require_two_factor": ("on", "true", "ALL", ""),
    "rate_limit_mail": ("3", "3/", "/60", "0/60", "3/0", "-3/60", "3/60/1", "3 in 60", "3.5/60", "", "3/999999999"),
    "breached_passwords_url": (
        "api.example.com",
        "ftp://api.example.com",
        "/range",
        "https://",
        "https:/a",
        "https://a b",
    ),
    "base_url": ("api.example.com", "https://api.example.com/v1", "https://api.example.com//", "https://a.example?x"),
    "frontend_url": ("app.example.com", "//app.example.com", "https://app.example.com/?x=1", "https://a.example/#x"),
    "cors_origins": (
        *("app.example.com", "https://app.example.com/", "https://app.example.com/app", "https://App.example.com"),
        *("https://a.example, https://b.example", "https://a.example,", "https://a.example:443", "http://a.example:80"),
        *("https://a.example http://b.example", "https://*.example.com", "null", "*", "https://a.example:0"),
    ),
    "trusted_origins": (
        "https://a.example/app",
        "https://a.example/",
        "https://a b.example",
        "a.example/x",
        "https://",
    ),
    "passkey_rp_id": ("https://example.com", "example.com/", "example.com:443", "*.example.com", "a b"),
    "passkey_origins": (
        *("example.com", "https://example.com/", "https://Example.com", "https://a.example, https://b.example", "*"),
        *("https://*.example.com", "null", "android:apk-key-hash:x", f"android:apk-key-hash:{'x' * 44}", "ios:x"),
    ),
    "cookie_domain": ("https://example.com", ".example.com", "example.com/", "example.com:443", "*.example.com", "a b"),
    "mail_from": ("no-reply", "@example.com", "a@", "a b@example.com", "Team <a@example.com>", ""),
    "google_token_url": ("oauth2.googleapis.com/token", "https://", "https://a b", ""),
    "google_issuer": ("accounts.google.com", "https://accounts.google.com?x", ""),
    "oidc_issuer": ("login.example.com", "https://login.example.com/#x", "https://login.example.com/?tenant=1"),
    "oidc_provider_id": ("My IdP", "a/b", "OIDC", "a" * 33, ""),
    "trusted_proxy": (
        *("x-forwarded-for", "a,b", "a,b=c", f"a,{'0' * 64}", f"x-a={'0' * 64}", f"a,b,c={'0' * 64}"),
        *(f"A,b={'0' * 64}", f"a_a,b={'0' * 64}", f"a:,b={'0' * 64}", f",b={'0' * 64}", f"a, b={'0' * 64}"),
        *(f"a,={'0' * 64}", f"a,b={'0' * 63}", f"a,b={'A' * 64}", f"a,b={'0' * 64},"),
    ),
    "access_token_audience": ("a b", "b\u00fccher"),
    "cookie_same_site": ("Lax", "no", ""),
    "verification_proof": ("Link", "both", ""),
    "secure_cookies": ("true", ""),
    "log_level": ("info", "CRITICAL", ""),
    "tracing": ("on", ""),
    "transport": ("Botocore", ""),
}
MISPLACED = "hunter2/ hunter2"


@pytest.mark.parametrize(
    ("variable", "value"), [(name.upper(), value) for name, values in INVALID.items() for value in values]
)
def test_an_invalid_value_is_refused(variable: str, value: str) -> None:
    with pytest.raises(layer("config").ConfigurationError, match=f"^GATEHOUSE_{variable} must (be|look like) "):
        layer("config").parse_environment(NAMES | {f"GATEHOUSE_{variable}": value})


def test_every_type_has_values_that_are_refused() -> None:
    types = layer("config").Config.__annotations__
    any_text = {types["product_name"], types["google_client_id"]}

    assert {types[name] for name in (*INVALID, "users_table")} | any_text == set(types.values())


ACCEPTED = {
    "base_url": (
        "",
        "https://api.example.com",
        "http://localhost:3000",
        "https://api.example.com/",
        "http://[::1]:3000",
    ),
    "frontend_url": ("", "https://app.example.com", "https://www.example.com/app", "https://app.example.com/"),
    "cors_origins": (
        "",
        "https://app.example.com",
        "http://localhost:5173,https://a.example:8443",
        "http://a.example:443",
    ),
    "trusted_origins": (
        *("", "https://*.vercel.example, myapp://", "*.example.com", "http://localhost:*", "exp://192.168.*/x"),
        *("10.*.*.*", "https://a.example:8443,http://[::1]:3000", "com.example.app://callback"),
    ),
    "passkey_rp_id": ("", "example.com", "localhost"),
    "passkey_origins": ("", "https://a.example", f"http://localhost:3000,android:apk-key-hash:{'-' * 43}"),
    "cookie_domain": ("", "example.com", "localhost"),
    "oidc_issuer": ("", "https://login.microsoftonline.com/72f988bf/v2.0", "https://example.eu.auth0.com/"),
    "google_jwks_url": ("https://www.googleapis.com/oauth2/v3/certs", "http://localhost:3000/keys?v=3"),
    "session_lifetime": ("1", "315360000"),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ACCEPTED.items() for value in values])
def test_what_is_right_is_accepted(name: str, value: str) -> None:
    assert name in vars(layer("config").parse_environment({f"GATEHOUSE_{name.upper()}": value}))


def test_all_faults_are_named_at_once() -> None:
    wrong = {f"GATEHOUSE_{name.upper()}": values[0] for name, values in INVALID.items()}
    with pytest.raises(layer("config").ConfigurationError) as error:
        layer("config").parse_environment(wrong)

    assert [variable for variable in wrong if variable not in str(error.value)] == []


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_value_is_not_repeated(name: str) -> None:
    """It may be a secret in the wrong place."""
    with pytest.raises(layer("config").ConfigurationError) as error:
        layer("config").parse_environment({f"GATEHOUSE_{name.upper()}": MISPLACED})

    assert MISPLACED not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("session_update_age", "0", timedelta()),
        ("session_lifetime", " 90 ", timedelta(seconds=90)),
        ("mail_rate", "1", 1),
        ("minimum_password_length", "8", 8),
        ("minimum_password_length", "128", 128),
        ("sign_up_enabled", "false", False),
        ("rate_limit_refresh", "150/300", (150, 300)),
        ("cookie_same_site", "none", "none"),
        ("product_name", "", ""),
        ("oidc_scopes", "openid,email", ("openid", "email")),
        ("oidc_trusted_directories", "", ()),
        (
            "oidc_trusted_directories",
            "A.example, 72F988BF-86f1-41af-91ab-2d7cd011db47",
            ("a.example", "72f988bf-86f1-41af-91ab-2d7cd011db47"),
        ),
        ("trusted_proxy", "", None),
        ("trusted_proxy", f"a,b={'0' * 64},c={'1' * 64}", ("a", (("b", "0" * 64), ("c", "1" * 64)))),
    ],
)
def test_valid_values_have_the_type_of_their_field(name: str, value: str, parsed: object) -> None:
    settings = layer("config").parse_environment({f"GATEHOUSE_{name.upper()}": value})

    assert getattr(settings, name) == parsed
    assert type(parsed) in type(getattr(settings, name)).__mro__


def test_settings_cannot_be_changed() -> None:
    settings = layer("config").parse_environment(NAMES)

    with pytest.raises(AttributeError):
        settings.users_table = "others"
    assert settings.users_table == "users"


def test_cookie_settings_that_no_browser_accepts_are_refused_at_start() -> None:
    """`SameSite=None` needs `Secure`."""
    given = {"GATEHOUSE_COOKIE_SAME_SITE": "none", "GATEHOUSE_SECURE_COOKIES": "off"}

    with pytest.raises(layer("config").ConfigurationError, match="GATEHOUSE_SECURE_COOKIES must not be off where"):
        layer("config").parse_environment(NAMES | given)

    for one, value in given.items():
        assert layer("config").parse_environment(NAMES | {one: value})


@pytest.mark.parametrize(("name", "value"), [("hosted_pages", "false"), ("frontend_links", "true")])
def test_mailed_links_need_hosted_pages_or_a_frontend(name: str, value: str) -> None:
    parse, variable = layer("config").parse_environment, f"GATEHOUSE_{name.upper()}"
    without = NAMES | {variable: value, "GATEHOUSE_FRONTEND_URL": ""}

    assert getattr(parse(without | {"GATEHOUSE_FRONTEND_URL": "https://app.example.com"}), name) is (value == "true")
    problem = f"GATEHOUSE_FRONTEND_URL must be given where {variable} is {value}"
    with pytest.raises(layer("config").ConfigurationError, match=problem):
        parse(without)


@pytest.mark.parametrize(
    ("value", "parsed"),
    [("", ()), ("https://a.example", ("https://a.example",)), (" a , b ", ("a", "b"))],
)
def test_lists_are_separated_by_commas(value: str, parsed: tuple[str, ...]) -> None:
    assert layer("config").parse_environment(NAMES | {"GATEHOUSE_TRUSTED_ORIGINS": value}).trusted_origins == parsed


def test_the_template_sets_all_required_settings() -> None:
    assert layer("config").parse_environment(os.environ).base_url == "https://api.example.com"


def test_a_function_does_not_start_with_invalid_settings(settings: Callable[..., None]) -> None:
    settings(secret="")

    with pytest.raises(layer("config").ConfigurationError, match="GATEHOUSE_SECRET must have"):
        layer("http.handler").lambda_handler(APIRouter())


def test_a_request_that_needs_a_missing_setting_gets_a_500(call: Api, settings: Callable[..., None]) -> None:
    del os.environ["GATEHOUSE_SECURE_COOKIES"]
    settings()

    response = call("GET /api/auth/get-session", cookies=["better-auth.session_token=x"])

    assert (response.status, response.code) == (500, "INTERNAL_SERVER_ERROR")
