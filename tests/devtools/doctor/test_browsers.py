"""CORS and cookies of frontends."""

import pytest

from tests.devtools.doctor.conftest import CERTIFICATE_ARN, NAMED, Examine, issued
from tests.support import deployed_stack
from tests.support.deployed_stack import StandIn

SITE = "https://app.example.com"


def test_a_frontend_on_another_host_needs_its_origin(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url, FrontendUrl=f"{SITE}/start", CookieSameSite="none")

    report = examine()

    ((level, message, remedy),) = report.of("cors")
    assert (level, SITE in message) == ("problem", True)
    assert remedy[0].startswith(f'Set "CorsOrigins={SITE}" in parameter_overrides')
    assert [method for method, _ in api.received if method == "OPTIONS"] == []


def test_preflights_are_answered_as_browsers_need(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url, CorsOrigins=f"{SITE},https://www.example.com", CookieSameSite="none")
    api.origins = (SITE,)

    first, second = examine().of("cors")

    assert first == ("ok", f"The API answers preflights of {SITE}.", [])
    assert second[:2] == (
        "problem",
        (
            "A preflight of https://www.example.com is answered 204 without its origin, credentials, POST, "
            "authorization, content-type: the API has other settings."
        ),
    )


@pytest.mark.parametrize(
    ("frontend", "settings", "level"),
    [
        (SITE, {"CookieSameSite": "lax", **NAMED}, "ok"),
        (SITE, {"CookieSameSite": "strict", **NAMED}, "ok"),
        ("https://app.example.org", {"CookieSameSite": "lax", **NAMED}, "warning"),
        ("https://app.example.org", {"CookieSameSite": "strict", **NAMED}, "warning"),
        ("https://app.example.org", {"CookieSameSite": "none", **NAMED}, "warning"),
        (SITE, {"CookieSameSite": "lax"}, "warning"),
        (SITE, {"CookieDomain": "example.com", **NAMED}, "ok"),
        (SITE, {"CookieDomain": "example.org", **NAMED}, "problem"),
    ],
)
def test_cookies_must_reach_the_api(
    examine: Examine, api: StandIn, frontend: str, settings: dict[str, str], level: str
) -> None:
    deployed_stack.create(api.url, CorsOrigins=frontend, CertificateArn=CERTIFICATE_ARN, **settings)

    report = examine(DescribeCertificate=issued("ISSUED"))

    assert report.of("cookies")[0][0] == level
