"""How pages come: small, in the reader's language, on narrow screens, and for those who cannot see them."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Browsers
from tests.browser.page_actions import sees
from tests.browser.people import People

ENTRY = (
    "/sign-in?error=access_denied",
    "/sign-up",
    "/verify-email",
    f"/verify-email?token={'x' * 60}",
    "/forgot-password",
)
REST = ("/reset-password?token=broken", f"/reset-password?token={'x' * 60}", "/error?error=state_mismatch")
OWN = ("/account", "/tasks")
NARROW = {"width": 320, "height": 640}
GRAVE = {"serious", "critical"}
AXE = files("axe_playwright_python").joinpath("axe.min.js")

pytestmark = pytest.mark.browser


def every_page(page: Page, people: People) -> Iterator[str]:
    """One page after the other, first as a stranger, then as a member."""
    for path in ENTRY + REST:
        page.goto(path)
        yield path
    people.enter(page, people["Ann"])
    for path in OWN:
        page.goto(path)
        page.locator("body[data-ready]").wait_for()
        yield path


def test_axe_finds_nothing_serious_on_any_page_in_any_theme(new_browser: Browsers, people: People) -> None:
    """Nor does any page scroll sideways on the narrowest phone."""
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
    asked: Mapping[str, object] = {"resultTypes": ["violations"]} | options
    told = page.evaluate("(options) => axe.run(options)", asked)["violations"]
    return (
        f"{rule['id']}: {' '.join(map(str, node['target']))} {node['failureSummary']}"
        for rule in told
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    )


def test_the_first_load_of_sign_in_is_small(new_browser: Browsers) -> None:
    """At most 4 requests and 60 KB, its question who is here included."""
    page = new_browser()
    requests: list[str] = []
    sizes: list[int] = []
    page.on("request", lambda request: requests.append(request.url))
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/sign-in", wait_until="networkidle")
    fetched = [url for url in requests if not url.startswith("data:")]

    assert len(fetched) <= 4, fetched
    assert len(fetched) <= len(sizes)
    assert sum(sizes) < 60_000


def test_pages_speak_the_language_of_their_reader(new_browser: Browsers) -> None:
    """As the browser asks, or as they choose by a button, from then on."""
    page = new_browser(locale="de-AT")
    page.goto("/sign-in")
    sees(page, "Anmelden")
    page.get_by_role("button", name="English").click()
    sees(page, "Sign in")
    page.goto("/forgot-password")
    sees(page, "Forgot your password?")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("locale", "sentence"), [("en", "These pages need JavaScript."), ("de", "Diese Seiten brauchen")]
)
def test_without_scripts_a_page_says_what_it_needs(new_browser: Browsers, locale: str, sentence: str) -> None:
    page = new_browser(locale=locale, java_script_enabled=False)
    page.goto("/sign-in")

    expect(page.locator("noscript p").filter(has_text=sentence)).to_be_visible()
