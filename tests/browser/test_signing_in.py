"""The pages for sign-in, sign-up and password reset: redirects and messages."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from tests.browser.browsers import Browsers
from tests.browser.other_site import Site
from tests.browser.page_actions import (
    expect_alert,
    expect_notice,
    expect_page,
    expect_signed_in_page,
    fill,
    fill_in,
    press,
    sign_in,
)
from tests.browser.people import People
from tests.support.service import Service

HOSTILE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2fevil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,hello",
    "http://{shop}.evil.example/",
    "http://{shop}@evil.example/",
    "http://evil.example/?http://{shop}/",
    "http:evil.example",
    " //evil.example",
    "/\t/evil.example",
)

pytestmark = pytest.mark.browser


def test_sign_in_with_google_continues_to_the_callback_url(new_browser: Browsers, shop: Site) -> None:
    """A user who denies access is back at the sign-in page, with a message."""
    page, url = new_browser(), f"{shop.at('localhost')}/cart?n=2"
    page.goto(f"/sign-in?callbackUrl={quote(url, safe='')}")
    press(page, "Continue with Google")
    expect(page.get_by_text("This is not Google.")).to_be_visible()
    press(page, "Deny access")
    expect_alert(page, "You did not allow access at the other service, so nothing was changed.")
    press(page, "Continue with Google")
    fill(page.get_by_label("Subject"), "gina@gmail.test")
    press(page, "Authorize")
    page.wait_for_url(url)

    expect(page.get_by_text("Gina").first).to_be_visible()


@pytest.mark.parametrize("by", ["password", "provider"])
def test_a_window_of_another_site_signs_in_at_the_service_and_ends_at_that_site(
    new_browser: Browsers, people: People, shop: Site, by: str
) -> None:
    """It began on our own site, so no cookie is lost. The session is our cookie, and the windows are strangers."""
    page, url = new_browser(), f"{shop.at('127.0.0.1')}/popup"
    page.context.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(content_type="text/css"))
    page.goto(f"{shop.at('127.0.0.1')}/")
    with page.expect_popup() as opened:
        page.evaluate("open", f"{shop.api}/sign-in?callbackUrl={quote(url, safe='')}")
    popup = opened.value
    if by == "provider":
        press(popup, "Continue with Google")
        fill(popup.get_by_label("Subject"), "gus@gmail.test")
        press(popup, "Authorize")
    else:
        fill_in(popup, email=people["Ann"].email, password=people["Ann"].password)
        press(popup, "Sign in")
    popup.wait_for_url(url)

    assert popup.evaluate("opener") is None
    assert page.request.get("/api/auth/get-session").json()["user"]
    asked = "url => fetch(url, {credentials: 'include'}).then(answer => answer.json())"
    assert popup.evaluate(asked, f"{shop.api}/api/auth/get-session") is None


def test_a_window_of_the_same_site_gets_tokens_for_the_session(
    new_browser: Browsers, people: People, shop: Site
) -> None:
    """Of a frontend that stores bearer tokens. The window that opened it hears of it by a channel."""
    page, url = new_browser(), f"{shop.at('localhost')}/popup"
    page.goto(f"{shop.at('localhost')}/")
    page.evaluate("heard = new Promise(done => (new BroadcastChannel('tokens').onmessage = ({data}) => done(data))); 0")
    with page.expect_popup() as opened:
        page.evaluate("open", f"{shop.api}/sign-in?callbackUrl={quote(url, safe='')}")
    popup = opened.value
    fill_in(popup, email=people["Ann"].email, password=people["Ann"].password)
    press(popup, "Sign in")
    popup.wait_for_url(url)
    asked = """url => fetch(url, {method: "POST", credentials: "include", body: "{}",
      headers: {"content-type": "application/json"}})
      .then(answer => answer.json()).then(tokens => new BroadcastChannel("tokens").postMessage(tokens))"""
    popup.evaluate(asked, f"{shop.api}/api/auth/refresh")

    tokens = page.evaluate("heard")
    authorization = {"authorization": f"Bearer {tokens['access_token']}"}
    told = "({url, headers}) => fetch(url, {credentials: 'omit', headers}).then(answer => answer.json())"
    answer = page.evaluate(told, {"url": f"{shop.api}/api/auth/me", "headers": authorization})
    assert answer["user"]["email"] == people["Ann"].email


def test_the_callback_url_is_a_page_of_ours_or_of_a_trusted_site(
    new_browser: Browsers, people: People, shop: Site, service: Service
) -> None:
    """With any other callback URL the user continues to the tasks."""
    page, host = new_browser(), shop.at("localhost").removeprefix("http://")
    people.start_session(page, people["Ann"])
    for allowed in (f"http://{host}/a/b?c=%C3%A4&d=1#e", "/account?x=1#y"):
        page.goto(f"/sign-in?callbackUrl={quote(allowed, safe='')}", wait_until="commit")
        page.wait_for_url(allowed if allowed.startswith("http") else service.url + allowed)
    for hostile in (quote(target.format(shop=host), safe="") for target in HOSTILE):
        assert 'data-next="/tasks"' in page.request.get(f"/sign-in?callbackUrl={hostile}").text(), hostile
    for hostile in HOSTILE[:3]:
        page.goto(f"/sign-in?callbackUrl={quote(hostile, safe='')}", wait_until="commit")
        page.wait_for_url(f"{service.url}/tasks")


def test_a_form_is_sent_once_and_shows_delays_and_errors(new_browser: Browsers, people: People) -> None:
    """Repeated clicks send nothing more. Errors are shown as messages, and the input stays."""
    page = new_browser()
    sent: list[Route] = []

    def intercept(route: Route) -> None:
        sent.append(route)
        if len(sent) == 2:
            route.abort()
        elif len(sent) > 2:
            route.continue_()

    new_browser.expect("503 POST .*/sign-in/email", "40. POST .*/sign-in/email", "failed POST .*/sign-in/email")
    page.route("**/api/auth/sign-in/email", intercept)
    page.clock.install()
    page.goto("/sign-in")
    press(page, "Sign in")
    expect_alert(page, "Please fill in: Email address.")
    expect(page.get_by_label("Email address")).to_be_focused()
    fill_in(page, email=people["Ann"].email, password="wrong horse")
    page.get_by_role("button", name="Sign in", exact=True).dblclick()
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Signing in …")).to_be_disabled()
    page.clock.fast_forward("00:05")
    expect(page.get_by_role("button", name="This takes longer than usual. Please wait.")).to_be_disabled()
    assert len(sent) == 1

    sent[0].fulfill(status=503, json={"message": "Service Unavailable"})
    expect_alert(page, "The service is not available at the moment. Please try again soon.")
    press(page, "Sign in")
    expect_alert(page, "The service cannot be reached at the moment. Please try again soon.")
    press(page, "Sign in")
    expect_alert(page, "The email address or the password is wrong.")
    expect(page.get_by_label("Password", exact=True)).to_have_value("wrong horse")
    page.unroute_all()
    fill_in(page, password=people["Ann"].password)
    press(page, "Sign in")
    expect_signed_in_page(page, "Tasks")


def test_a_form_submitted_before_the_script_loads_sends_nothing(new_browser: Browsers) -> None:
    """On a slow connection, a native submission would put the password into the URL."""
    page = new_browser()
    new_browser.expect("form-action", "failed GET .*gatehouse.*js")
    page.route("**/gatehouse.*.js", lambda _: None)
    page.goto("/sign-in", wait_until="commit")
    fill_in(page, email="ann@example.com", password="correct horse")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)

    assert page.url.endswith("/sign-in")


def test_a_user_with_an_unconfirmed_address_can_request_another_mail(new_browser: Browsers, people: People) -> None:
    """Sign-in shows the reason, and sends the link again."""
    page = new_browser()
    new_browser.expect("403 POST .*/sign-in/email")
    page.goto("/sign-up")
    fill_in(page, Name="Uma", email="uma@example.com", password="battery of horses")
    press(page, "Create an account")
    expect_page(page, "Check your email")
    expect(page.get_by_label("Email address")).to_have_value("uma@example.com")
    expect(page.get_by_role("button", name=re.compile("Send again in"))).to_be_disabled()
    first = people.link("uma@example.com")
    page.goto("/sign-in")
    fill_in(page, password="battery of horses")
    press(page, "Sign in")
    expect_alert(page, "Please confirm your email address first")
    press(page, "Send the link again")
    expect_page(page, "Check your email")
    new_browser.expect("400 POST .*/verify-email")
    second = people.link("uma@example.com", seen=1)
    for link in (first, second) if first != second else (second,):
        page.goto(link)
        press(page, "Confirm my email address")
    expect(page.get_by_role("link", name="Continue")).to_be_visible()


def test_a_link_that_is_opened_on_a_phone_asks_for_a_password(new_browser: Browsers, people: People) -> None:
    """Nobody knows there whether who signed up has the mailbox, so whoever has it chooses; the page says why."""
    laptop, phone = new_browser(), new_browser()
    new_browser.expect("400 POST .*/verify-email", "401 POST .*/sign-in/email")
    laptop.goto("/sign-up")
    fill_in(laptop, Name="Vera", email="vera@example.com", password="battery of horses")
    press(laptop, "Create an account")
    expect_page(laptop, "Check your email")
    phone.goto(people.link("vera@example.com"))
    press(phone, "Confirm my email address")
    expect_page(phone, "Choose your password")
    expect(phone.get_by_text("You did not sign up in this browser")).to_be_visible()
    choosing = phone.locator("[data-step=choose]")
    fill_in(choosing, password="vera@example.com")
    press(choosing, "Confirm my email address")
    expect_alert(choosing, "This password is easy to guess")
    fill_in(choosing, password="chosen on the phone")
    press(choosing, "Confirm my email address")
    expect_page(phone, "Thank you")

    phone.goto("/sign-in")
    fill_in(phone, email="vera@example.com", password="battery of horses")
    press(phone, "Sign in")
    expect_alert(phone, "The email address or the password is wrong.")
    fill_in(phone, password="chosen on the phone")
    press(phone, "Sign in")
    expect_signed_in_page(phone, "Tasks")


def test_a_new_address_is_confirmed_with_the_password_where_nobody_is_signed_in(
    new_browser: Browsers, people: People
) -> None:
    """Or somebody could move an account of theirs to whoever clicks."""
    wanda, page = people["Wanda"], new_browser()
    seen = people.mails(wanda.email)
    people.call(wanda, "POST", "/api/auth/change-email", {"newEmail": "wanda.new@example.com"})
    new_browser.expect("400 POST .*/verify-email")
    page.goto(people.link(wanda.email, seen))
    press(page, "Confirm my email address")
    expect_page(page, "Thank you")
    page.goto(people.link("wanda.new@example.com"))
    press(page, "Confirm my email address")
    expect_page(page, "Enter your password")
    proving = page.locator("[data-step=prove]")
    fill_in(proving, password="not this one")
    press(proving, "Confirm my email address")
    expect_alert(proving, "The password is wrong.")
    fill_in(proving, password=wanda.password)
    press(proving, "Confirm my email address")

    expect_page(page, "Thank you")


def test_an_invalid_or_incomplete_link_shows_a_message(new_browser: Browsers) -> None:
    page = new_browser()
    new_browser.expect("400 POST .*/verify-email")
    page.goto(f"/verify-email?token={'x' * 60}")
    press(page, "Confirm my email address")
    expect_alert(page, "This link is no longer valid.")
    page.goto("/reset-password")
    expect_alert(page, "This link is incomplete.")


def test_sign_out_ends_the_session_in_other_tabs_and_after_going_back(new_browser: Browsers, people: People) -> None:
    """Other tabs show it, and going back does not show the pages again."""
    first = new_browser()
    sign_in(first, people["Ann"], "/sign-in?callbackUrl=/account")
    expect_signed_in_page(first, "Account")
    second = first.context.new_page()
    second.goto("/account")
    for page in (first, second):
        page.get_by_role("link", name="Tasks").click()
        expect_signed_in_page(page, "Tasks")
    press(second, "Sign out")
    for page in (first, second):
        expect_notice(page, "You are signed out.")
        page.go_back()
        page.wait_for_url("**/sign-in?callbackUrl=%2Faccount")
