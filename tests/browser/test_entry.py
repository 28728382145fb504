"""Coming in: who gets where, and what they are told when they do not."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from tests.browser.chromium import Browsers
from tests.browser.other_site import Site
from tests.browser.page_actions import fill_in, press, scanned, sees, sign_in, told, warned, works
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


def test_a_lost_password_is_set_anew_by_the_mailed_link(new_browser: Browsers, people: People) -> None:
    """Scanners that open the link first spoil nothing; it works once, and ends the sessions that were."""
    ann, page = people["Rosa"], new_browser()
    people.enter(page, ann)
    other, seen = new_browser(), people.mails(ann.email)
    other.goto("/sign-in")
    other.get_by_role("link", name="Forgot your password?").click()
    fill_in(other, email=ann.email)
    press(other, "Send the link")
    told(other, "a link is on its way")
    link = people.link(ann.email, seen)
    scanned(link)
    other.goto(link)
    fill_in(other, **{"New password": "another horse battery", "again": "another horse batter"})
    press(other, "Save password")
    warned(other, "The two passwords are not the same.")
    fill_in(other, again="another horse battery")
    press(other, "Save password")
    told(other, "Your password was changed. Sign in with the new one.")

    assert page.request.get("/api/auth/get-session").json() is None
    new_browser.expect("40. POST .*/reset-password")
    other.goto(link)
    fill_in(other, **{"New password": "third horse battery", "again": "third horse battery"})
    press(other, "Save password")
    expect(other.get_by_role("link", name="Request a new link")).to_be_visible()


def test_google_lets_people_in_and_brings_them_where_they_were_going(new_browser: Browsers, shop: Site) -> None:
    """And back to the sign-in page, with a sentence, when they say no there."""
    page, place = new_browser(), f"{shop.at('localhost')}/cart?n=2"
    page.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(content_type="text/css"))  # the stand-in's
    page.goto(f"/sign-in?callbackUrl={quote(place, safe='')}")
    press(page, "Continue with Google")
    expect(page.get_by_text("This is not Google.")).to_be_visible()
    press(page, "Deny access")
    warned(page, "You did not allow access at the other service, so nothing was changed.")
    press(page, "Continue with Google")
    page.get_by_label("Subject").fill("gina@gmail.test")
    press(page, "Authorize")
    page.wait_for_url(place)

    expect(page.get_by_text("Gina").first).to_be_visible()


def test_where_somebody_goes_on_to_is_a_page_of_ours_or_of_a_trusted_site(
    new_browser: Browsers, people: People, shop: Site, service: Service
) -> None:
    """Whatever else the address says, they land at their tasks."""
    page, host = new_browser(), shop.at("localhost").removeprefix("http://")
    people.enter(page, people["Ann"])
    for good in (f"http://{host}/a/b?c=%C3%A4&d=1#e", "/account?x=1#y"):
        page.goto(f"/sign-in?callbackUrl={quote(good, safe='')}", wait_until="commit")
        page.wait_for_url(good if good.startswith("http") else service.url + good)
    for bad in (quote(target.format(shop=host), safe="") for target in HOSTILE):
        assert 'data-next="/tasks"' in page.request.get(f"/sign-in?callbackUrl={bad}").text(), bad
    for bad in HOSTILE[:3]:
        page.goto(f"/sign-in?callbackUrl={quote(bad, safe='')}", wait_until="commit")
        page.wait_for_url(f"{service.url}/tasks")


def test_a_form_is_sent_once_and_says_what_takes_long(new_browser: Browsers, people: People) -> None:
    """However often it is clicked; and what was wrong is said in a sentence, with what was typed still there."""
    page = new_browser()
    sent: list[Route] = []

    def hinder(route: Route) -> None:
        sent.append(route)
        if len(sent) == 2:
            route.abort()
        elif len(sent) > 2:
            route.continue_()

    new_browser.expect("503 POST .*/sign-in/email", "40. POST .*/sign-in/email", "failed POST .*/sign-in/email")
    page.route("**/api/auth/sign-in/email", hinder)
    page.clock.install()
    page.goto("/sign-in")
    press(page, "Sign in")
    warned(page, "Please fill in: Email address.")
    expect(page.get_by_label("Email address")).to_be_focused()
    fill_in(page, email=people["Ann"].email, password="wrong horse")
    page.get_by_role("button", name="Sign in", exact=True).dblclick()
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Signing in …")).to_be_disabled()
    page.clock.fast_forward("00:05")
    expect(page.get_by_role("button", name="This takes longer than usual. Please wait.")).to_be_disabled()
    assert len(sent) == 1

    sent[0].fulfill(status=503, json={"message": "Service Unavailable"})
    warned(page, "The service is not available at the moment. Please try again soon.")
    press(page, "Sign in")
    warned(page, "The service cannot be reached at the moment. Please try again soon.")
    press(page, "Sign in")
    warned(page, "The email address or the password is wrong.")
    expect(page.get_by_label("Password", exact=True)).to_have_value("wrong horse")
    page.unroute_all()
    fill_in(page, password=people["Ann"].password)
    press(page, "Sign in")
    works(page, "Tasks")


def test_what_is_sent_before_the_script_is_there_stays_here(new_browser: Browsers) -> None:
    """On a slow line people may be faster: no password gets into an address."""
    page = new_browser()
    new_browser.expect("form-action", "failed GET .*gatehouse.*js")
    page.route("**/gatehouse.*.js", lambda _: None)
    page.goto("/sign-in", wait_until="commit")
    fill_in(page, email="ann@example.com", password="correct horse")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)

    assert page.url.endswith("/sign-in")


def test_an_address_that_is_not_confirmed_can_ask_for_another_mail(new_browser: Browsers, people: People) -> None:
    """Sign-in tells why it refuses, and sends the link again."""
    page = new_browser()
    new_browser.expect("403 POST .*/sign-in/email")
    page.goto("/sign-up")
    fill_in(page, Name="Uma", email="uma@example.com", password="battery of horses")
    press(page, "Create an account")
    sees(page, "Check your email")
    expect(page.get_by_label("Email address")).to_have_value("uma@example.com")
    expect(page.get_by_role("button", name=re.compile("Send again in"))).to_be_disabled()
    first = people.link("uma@example.com")
    page.goto("/sign-in")
    fill_in(page, password="battery of horses")
    press(page, "Sign in")
    warned(page, "Please confirm your address first")
    press(page, "Send the link again")
    sees(page, "Check your email")
    new_browser.expect("400 POST .*/verify-email")
    second = people.link("uma@example.com", seen=1)
    for link in (first, second) if first != second else (second,):
        page.goto(link)
        press(page, "Confirm my email address")
    expect(page.get_by_role("link", name="Continue")).to_be_visible()


def test_a_link_that_is_too_old_says_so(new_browser: Browsers) -> None:
    page = new_browser()
    new_browser.expect("400 POST .*/verify-email")
    page.goto(f"/verify-email?token={'x' * 60}")
    press(page, "Confirm my email address")
    warned(page, "This link is no longer valid.")
    page.goto("/reset-password")
    warned(page, "This link is incomplete.")


def test_tabs_and_the_back_button_know_that_somebody_signed_out(new_browser: Browsers, people: People) -> None:
    """What one tab ends has ended in the others, and nobody sees it again by going back."""
    first = new_browser()
    sign_in(first, people["Ann"], "/sign-in?callbackUrl=/account")
    works(first, "Account")
    second = first.context.new_page()
    second.goto("/account")
    for page in (first, second):
        page.get_by_role("link", name="Tasks").click()
        works(page, "Tasks")
    press(second, "Sign out")
    for page in (first, second):
        told(page, "You are signed out.")
        page.go_back()
        page.wait_for_url("**/sign-in?callbackUrl=%2Faccount")
