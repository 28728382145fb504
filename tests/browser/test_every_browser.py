"""What is tested in Chromium, Firefox and WebKit: an account's mails, sign-in, the button, and cookies across sites."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from gatehouse_dev.minification import minified_assets
from tests.browser import webkit
from tests.browser.browsers import Browsers
from tests.browser.conftest import open_browsers
from tests.browser.https import relays
from tests.browser.other_site import Site, running_site
from tests.browser.page_actions import (
    Locator,
    Page,
    expect_alert,
    expect_notice,
    expect_page,
    expect_signed_in_page,
    fill_in,
    open_as_scanner,
    press,
    sign_in,
    sign_up,
)
from tests.browser.people import People, Person
from tests.support.layout import LAYER
from tests.support.service import Service, running_service

type AnyBrowsers = Browsers | webkit.Browsers

# Whether a browser keeps and sends the `SameSite=None; Partitioned` cookie of an API on another site.
KEEPS_COOKIES_OF_OTHER_SITES = {"chromium": True, "firefox": True, "webkit": False}

pytestmark = [pytest.mark.browser, pytest.mark.any_browser]

_SESSION = "url => fetch(url, {credentials: 'include'}).then(answer => answer.json())"
_SIGN_IN = """([url, body]) => fetch(url, {method: "POST", credentials: "include", body: JSON.stringify(body),
  headers: {"content-type": "application/json"}}).then(answer => answer.json())"""
_BEARER = """([url, token]) => fetch(url, {credentials: "omit", headers: {authorization: `Bearer ${token}`}})
  .then(answer => answer.json())"""


def _session(page: Page, api: str = "") -> dict[str, dict[str, str]] | None:
    session: dict[str, dict[str, str]] | None = page.evaluate(_SESSION, f"{api}/api/auth/get-session")
    return session


def test_sign_up_sign_in_and_out(new_browser: AnyBrowsers, people: People) -> None:
    """With the mailed link, on the hosted pages."""
    page = new_browser()
    sign_up(page, people, "Mona")
    assert "token" not in page.url
    page.get_by_role("link", name="Continue").click()
    expect_notice(page, "Your email address is confirmed. You can sign in now.")
    fill_in(page, email="mona@example.com", password="battery of horses")
    press(page, "Sign in")
    expect_signed_in_page(page, "Tasks")
    assert (session := _session(page))
    assert session["user"]["email"] == "mona@example.com"
    fill_in(page, **{"New task": "Buy milk"})
    press(page, "Add")
    page.get_by_role("list", name="Tasks").get_by_text("Buy milk").wait_for()
    page.reload()
    page.get_by_role("list", name="Tasks").get_by_text("Buy milk").wait_for()
    page.get_by_role("link", name="Account").click()
    expect_signed_in_page(page, "Account")
    press(page, "Sign out")
    expect_notice(page, "You are signed out.")

    assert _session(page) is None


def test_a_password_is_reset_with_the_mailed_link(new_browser: AnyBrowsers, people: People, service: Service) -> None:
    """A scanner that opens the link does not redeem it. It works once, and ends the existing sessions."""
    ann, page = people["Rosa"], new_browser()
    token, seen = people.token(ann), people.mails(ann.email)
    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    fill_in(page, email=ann.email)
    press(page, "Send the link")
    expect_notice(page, "we sent a link to it")
    link = people.link(ann.email, seen)
    open_as_scanner(link)
    page.goto(link)
    fill_in(page, **{"New password": "another horse battery", "again": "another horse batter"})
    press(page, "Save password")
    expect_alert(page, "The two passwords are not the same.")
    fill_in(page, again="another horse battery")
    press(page, "Save password")
    expect_notice(page, "Your password was changed. Sign in with the new one.")
    assert page.evaluate(_BEARER, [f"{service.url}/api/auth/get-session", token]) is None

    new_browser.expect("40. POST .*/reset-password")
    page.goto(link)
    fill_in(page, **{"New password": "third horse battery", "again": "third horse battery"})
    press(page, "Save password")
    page.get_by_role("link", name="Request a new link").wait_for()
    sign_in(page, Person(name=ann.name, email=ann.email, password="another horse battery"))
    expect_signed_in_page(page, "Tasks")


def test_scripts_and_styles_are_those_that_deploy(new_browser: AnyBrowsers) -> None:
    """The minified ones."""
    page = new_browser()
    page.goto("/sign-in")
    fetched = page.evaluate("""() => Promise.all(["script[src]", "link[rel=stylesheet]"].map((one) => {
      const {src, href} = document.querySelector(one)
      return fetch(src || href).then(answer => answer.text())
    }))""")

    assert fetched == [minified_assets(LAYER)[name] for name in ("gatehouse.js", "gatehouse.css")]


def test_refused_input_shows_a_message(new_browser: AnyBrowsers, people: People) -> None:
    page = new_browser()
    new_browser.expect("401 POST .*/sign-in/email", "400 POST .*/verify-email")
    page.goto("/sign-in")
    press(page, "Sign in")
    expect_alert(page, "Please fill in: Email address.")
    fill_in(page, email=people["Ann"].email, password="wrong horse")
    press(page, "Sign in")
    expect_alert(page, "The email address or the password is wrong.")
    page.goto(f"/verify-email?token={'x' * 60}")
    press(page, "Confirm my email address")
    expect_page(page, "You need a new link")
    page.goto("/reset-password")
    expect_alert(page, "This link is incomplete.")


def test_on_the_same_site_the_button_signs_in_and_out(new_browser: AnyBrowsers, people: People, shop: Site) -> None:
    """After sign-in the user is back at exactly the same URL. Sign-out ends the session everywhere."""
    page, url = new_browser(), f"{shop.at('localhost')}/goods/7?colour=red&n=1#reviews"
    page.goto(url)
    page.get_by_role("link", name="Log in").click()
    fill_in(page, email=people["Ann"].email, password=people["Ann"].password)
    press(page, "Sign in")
    page.wait_for_url(url)

    page.get_by_text("Ann").first.wait_for()
    page.get_by_role("button", name="Log out").first.click()
    page.get_by_role("link", name="Come in").wait_for()
    assert url == page.url
    assert _session(page, shop.api) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """A service, and a frontend on another site."""

    service: Service
    api: str
    frontend: str


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory, template: str) -> Iterator[Sites]:
    """Both over HTTPS: one is `localhost`, and the other an address."""
    with relays(tmp_path_factory.mktemp("https"), 2) as (to_service, to_frontend), running_site() as frontend:
        api, origin = f"https://localhost:{to_service.port}", f"https://127.0.0.1:{to_frontend.port}"
        settings = {"base_url": api, "cookie_same_site": "none", "cors_origins": origin}
        with running_service(template=template, **settings) as service:
            to_service.target, to_frontend.target = int(service.url.rpartition(":")[2]), frontend.server_port
            frontend.api = api
            yield Sites(service=service, api=api, frontend=origin)


@pytest.fixture
def far_browser(browser: Browser | str, sites: Sites) -> Iterator[AnyBrowsers]:
    """Call it for a page in a new browser."""
    yield from open_browsers(browser, sites.api, ignore_https_errors=True)


def test_a_cookie_across_sites(request: pytest.FixtureRequest, far_browser: AnyBrowsers, sites: Sites) -> None:
    """Chromium and Firefox keep it for the frontend alone. WebKit drops it: there only the bearer token works."""
    page, person = far_browser(), People(sites.service)["Pia"]
    page.goto(sites.frontend)
    body = {"email": person.email, "password": person.password}
    token = page.evaluate(_SIGN_IN, [f"{sites.api}/api/auth/sign-in/email", body])["token"]
    here = _session(page, sites.api)
    by_token = page.evaluate(_BEARER, [f"{sites.api}/api/auth/get-session", token])
    page.goto("/sign-in")
    expect_page(page, "Sign in")

    assert (here is not None) == KEEPS_COOKIES_OF_OTHER_SITES[request.config.getoption("--browser")]
    assert by_token["user"]["email"] == person.email
    assert _session(page) is None, "the API's own pages have another session"


def test_on_another_site_the_button_links_to_the_account(far_browser: AnyBrowsers, sites: Sites) -> None:
    """After signing in at the service, the user can come back."""
    page, person = far_browser(), People(sites.service)["Pam"]
    page.goto(f"{sites.frontend}/de/?x=1")
    page.goto(_target(page.get_by_role("link", name="Konto").first))
    fill_in(page, email=person.email, password=person.password)
    press(page, "Sign in")
    expect_signed_in_page(page, "Account")

    assert _target(page.get_by_role("link", name="Back to the previous page")) == f"{sites.frontend}/de/?x=1"


def _target(link: Locator) -> str:
    link.wait_for()
    return str(link.get_attribute("href"))
