"""The button that any site includes: who is signed in, the way in, and the way out."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Browsers
from tests.browser.other_site import Site
from tests.browser.people import People
from tests.support.service import Service

PLACE = "/goods/7?colour=red&n=1#reviews"

pytestmark = pytest.mark.browser


def _asked(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if "/api/" in request.url else None)
    return asked


def _sign_in(page: Page, people: People) -> None:
    page.get_by_label("Email address").fill(people["Ann"].email)
    page.get_by_label("Password", exact=True).fill(people["Ann"].password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_from_a_shop_of_this_site_people_sign_in_and_out(new_browser: Browsers, people: People, shop: Site) -> None:
    """And are back where they were, to the letter; whoever leaves there has left everywhere."""
    page, place = new_browser(), shop.at("localhost") + PLACE
    page.goto(place)
    page.get_by_role("link", name="Log in").click()
    _sign_in(page, people)
    page.wait_for_url(place)
    asked = _asked(page)
    page.reload()

    expect(page.get_by_text("Ann")).to_have_count(2)
    assert asked == ["GET"]
    page.get_by_role("button", name="Log out").first.click()
    expect(page.get_by_role("link", name="Come in")).to_be_visible()
    assert place == page.url
    assert page.request.get("/api/auth/get-session").json() is None


def test_a_page_may_keep_itself_from_being_loaded_anew(new_browser: Browsers, people: People, shop: Site) -> None:
    page = new_browser()
    people.enter(page, people["Ann"])
    page.goto(shop.at("localhost"))
    page.get_by_role("button", name="Log out").first.focus()
    page.evaluate(
        "document.addEventListener('gatehouse-change', (event) => (event.preventDefault(), window.told = event.detail))"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Log in")).to_be_focused()

    assert page.evaluate("window.told") == {"user": None}


def test_from_any_other_site_it_leads_to_the_account(
    new_browser: Browsers, people: People, shop: Site, service: Service
) -> None:
    """No cookie of ours goes there, so nobody is asked."""
    page, place = new_browser(), shop.at("127.0.0.1") + "/de/?x=1"
    people.enter(page, people["Ann"])
    asked = _asked(page)
    page.goto(place)
    account = page.get_by_role("link", name="Konto").first

    expect(account).to_have_attribute(
        "href", re.compile(re.escape(service.url) + r"/account\?callbackUrl=http%3A.*%3Fx%3D1$")
    )
    assert asked == []
    account.click()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


def test_a_service_that_is_away_leaves_a_way_in(new_browser: Browsers, shop: Site) -> None:
    """Nothing is said that nobody knows; an answer that never comes is waited for."""
    page = new_browser()
    new_browser.expect("503 GET .*/get-session")
    page.route("**/api/auth/get-session", lambda _: None)
    page.goto(shop.at("localhost"))
    expect(page.get_by_text("…", exact=True)).to_have_count(2)
    page.unroute_all(behavior="ignoreErrors")
    page.route("**/api/auth/get-session", lambda route: route.fulfill(status=503))
    page.reload()

    expect(page.get_by_role("link", name="Log in")).to_have_attribute("href", re.compile("/sign-in"))


def test_whoever_cannot_be_signed_out_sees_the_account(new_browser: Browsers, people: People, shop: Site) -> None:
    """Rather than a button that says that they are."""
    page = new_browser()
    new_browser.expect("503 POST .*/sign-out")
    people.enter(page, people["Ann"])
    page.route("**/api/auth/sign-out", lambda route: route.fulfill(status=503))
    page.goto(shop.at("localhost"))
    page.get_by_role("button", name="Log out").first.click()

    page.wait_for_url("**/account?callbackUrl=*")


def test_what_strangers_put_into_a_page_does_not_move_the_button(
    new_browser: Browsers, shop: Site, service: Service
) -> None:
    """An image of that name would stand for the script, and so for the service."""
    page = new_browser()
    page.goto(shop.at("localhost") + "/guestbook")
    way_in = page.get_by_role("link", name="Log in")

    expect(way_in).to_have_attribute("href", re.compile("^" + re.escape(service.url)))


def test_a_long_name_leaves_the_page_as_wide_as_it_is(new_browser: Browsers, people: People, shop: Site) -> None:
    page = new_browser(viewport={"width": 320, "height": 640})
    people.call(people["Una"], "POST", "/api/auth/update-user", {"name": "W" * 100})
    people.enter(page, people["Una"])
    page.goto(shop.at("localhost"))
    expect(page.get_by_role("button", name="Log out").first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
