"""The button that other sites include: user name, sign-in and sign-out."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import Browsers
from tests.browser.other_site import Site
from tests.browser.people import People
from tests.support.service import Service

pytestmark = pytest.mark.browser


def _api_requests(page: Page) -> list[str]:
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method) if "/api/" in request.url else None)
    return methods


def test_all_buttons_of_a_page_need_one_request(new_browser: Browsers, people: People, shop: Site) -> None:
    page = new_browser()
    people.start_session(page, people["Ann"])
    requests = _api_requests(page)
    page.goto(shop.at("localhost"))

    expect(page.get_by_text("Ann")).to_have_count(2)
    assert requests == ["GET"]


def test_a_page_can_prevent_the_reload_after_sign_out(new_browser: Browsers, people: People, shop: Site) -> None:
    page = new_browser()
    people.start_session(page, people["Ann"])
    page.goto(shop.at("localhost"))
    page.get_by_role("button", name="Log out").first.focus()
    page.evaluate(
        "document.addEventListener('gatehouse-change', (event) => (event.preventDefault(), window.seen = event.detail))"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Log in")).to_be_focused()

    assert page.evaluate("window.seen") == {"user": None}


def test_on_another_site_the_button_links_to_the_account(
    new_browser: Browsers, people: People, shop: Site, service: Service
) -> None:
    """No cookie of ours is sent there, so the button makes no request."""
    page, url = new_browser(), shop.at("127.0.0.1") + "/de/?x=1"
    people.start_session(page, people["Ann"])
    requests = _api_requests(page)
    page.goto(url)
    account = page.get_by_role("link", name="Konto").first

    expect(account).to_have_attribute(
        "href", re.compile(re.escape(service.url) + r"/account\?callbackUrl=http%3A.*%3Fx%3D1$")
    )
    assert requests == []
    account.click()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


def test_without_the_service_the_button_links_to_sign_in(new_browser: Browsers, shop: Site) -> None:
    """While the response is pending it shows no state."""
    page = new_browser()
    new_browser.expect("503 GET .*/get-session")
    page.route("**/api/auth/get-session", lambda _: None)
    page.goto(shop.at("localhost"))
    expect(page.get_by_text("…", exact=True)).to_have_count(2)
    page.unroute_all(behavior="ignoreErrors")
    page.route("**/api/auth/get-session", lambda route: route.fulfill(status=503))
    page.reload()

    expect(page.get_by_role("link", name="Log in")).to_have_attribute("href", re.compile("/sign-in"))


def test_a_failed_sign_out_leads_to_the_account(new_browser: Browsers, people: People, shop: Site) -> None:
    """The button must not claim that the user is signed out."""
    page = new_browser()
    new_browser.expect("503 POST .*/sign-out")
    people.start_session(page, people["Ann"])
    page.route("**/api/auth/sign-out", lambda route: route.fulfill(status=503))
    page.goto(shop.at("localhost"))
    page.get_by_role("button", name="Log out").first.click()

    page.wait_for_url("**/account?callbackUrl=*")


def test_injected_markup_does_not_redirect_the_button(new_browser: Browsers, shop: Site, service: Service) -> None:
    """An image named `currentScript` would replace the script element, whose source has the service's URL."""
    page = new_browser()
    page.goto(shop.at("localhost") + "/guestbook")
    sign_in_link = page.get_by_role("link", name="Log in")

    expect(sign_in_link).to_have_attribute("href", re.compile("^" + re.escape(service.url)))


def test_a_long_name_does_not_widen_the_page(new_browser: Browsers, people: People, shop: Site) -> None:
    page = new_browser(viewport={"width": 320, "height": 640})
    people.call(people["Una"], "POST", "/api/auth/update-user", {"name": "W" * 100})
    people.start_session(page, people["Una"])
    page.goto(shop.at("localhost"))
    expect(page.get_by_role("button", name="Log out").first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
