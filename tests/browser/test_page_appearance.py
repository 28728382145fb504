"""Accessibility, size, language and narrow screens."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import Browsers
from tests.browser.page_actions import expect_page
from tests.browser.people import People

ENTRY = (
    "/sign-in?error=access_denied",
    "/two-factor?twoFactorMethods=totp,otp",
    "/two-factor?twoFactorMethods=",
    "/sign-up",
    "/verify-email",
    f"/verify-email?token={'x' * 60}",
    "/forgot-password",
)
OTHER = (
    "/reset-password?token=broken",
    f"/reset-password?token={'x' * 60}",
    f"/undo-email-change?token={'x' * 60}",
    "/undo-email-change",
    "/error?error=state_mismatch",
)
SIGNED_IN = ("/account", "/tasks")
NARROW = {"width": 320, "height": 640}
FAILING_IMPACTS = {"serious", "critical"}
AXE = files("axe_playwright_python").joinpath("axe.min.js")

pytestmark = pytest.mark.browser


def every_page(page: Page, people: People) -> Iterator[str]:
    """Open each page, first anonymous, then signed in."""
    for path in ENTRY + OTHER:
        page.goto(path)
        yield path
    people.start_session(page, people["Ann"])
    for path in SIGNED_IN:
        page.goto(path)
        page.locator("body[data-ready]").wait_for()
        yield path


def test_no_page_has_serious_axe_violations_in_any_theme(new_browser: Browsers, people: People) -> None:
    """No page scrolls horizontally on a narrow phone. In Firefox Playwright cannot choose the theme."""
    page = new_browser(viewport=NARROW)
    found = []
    for path in every_page(page, people):
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{path} is {wide} px wide"] if wide > NARROW["width"] else []
        page.emulate_media(color_scheme="light")
        found += [f"{path} light: {line}" for line in _violations(page)]
        page.emulate_media(color_scheme="dark")
        found += [f"{path} dark: {line}" for line in _violations(page, runOnly=["color-contrast"])]

    assert found == []


def _violations(page: Page, **options: list[str]) -> Iterator[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    axe_options: Mapping[str, object] = {"resultTypes": ["violations"]} | options
    violations = page.evaluate("(options) => axe.run(options)", axe_options)["violations"]
    return (
        f"{rule['id']}: {' '.join(map(str, node['target']))} {node['failureSummary']}"
        for rule in violations
        if rule["impact"] in FAILING_IMPACTS
        for node in rule["nodes"]
    )


@pytest.mark.only_chromium("only Chromium tells the sizes on the wire")
def test_the_first_load_of_sign_in_is_small(new_browser: Browsers) -> None:
    """At most 6 requests and 60 KB, including those for the session and for the options of a passkey."""
    page = new_browser()
    requests: list[str] = []
    sizes: list[int] = []
    page.on("request", lambda request: requests.append(request.url))
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/sign-in", wait_until="networkidle")
    fetched = [url for url in requests if not url.startswith("data:")]

    assert len(fetched) <= 6, fetched
    assert len(fetched) <= len(sizes)
    assert sum(sizes) < 60_000


def test_pages_use_the_browsers_or_the_chosen_language(new_browser: Browsers) -> None:
    """The choice by button is remembered."""
    page = new_browser(locale="de-AT")
    page.goto("/sign-in")
    expect_page(page, "Anmelden")
    page.get_by_role("button", name="English").click()
    expect_page(page, "Sign in")
    page.goto("/forgot-password")
    expect_page(page, "Forgot your password?")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")


@pytest.mark.only_chromium("Playwright cannot switch JavaScript off in Firefox")
@pytest.mark.parametrize(
    ("locale", "sentence"), [("en", "These pages need JavaScript."), ("de", "Diese Seiten brauchen")]
)
def test_without_javascript_a_page_shows_a_message(new_browser: Browsers, locale: str, sentence: str) -> None:
    page = new_browser(locale=locale, java_script_enabled=False)
    page.goto("/sign-in")

    expect(page.locator("noscript p").filter(has_text=sentence)).to_be_visible()
