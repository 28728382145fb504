"""Pages without storage, with invalid responses and parameters, after a change of the user, and at unusual sizes."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect

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
    sign_up,
)
from tests.browser.people import People

NO_STORAGE = """for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError") } })
delete window.BroadcastChannel"""
ICON_COLOUR = "getComputedStyle(document.querySelector('.edit'), '::before').backgroundColor"
ROW_COLOUR = "getComputedStyle(document.querySelector('.tasks li')).backgroundColor"

pytestmark = pytest.mark.browser


def _path(page: Page) -> str:
    return page.url.partition("://")[2].partition("/")[2]


@pytest.mark.parametrize("code", ["constructor", "__proto__", "toString", "<b>bold</b>", "x" * 5000])
def test_an_unknown_error_code_in_the_url_shows_a_general_message(
    new_browser: Browsers, people: People, code: str
) -> None:
    """Properties that every JavaScript object inherits are not messages."""
    page = new_browser()
    page.goto(f"/error?error={code}")
    expect(page.get_by_text("That did not work.")).to_be_visible()
    page.goto(f"/sign-in?error={code}")
    expect_alert(page, "Something went wrong on our side.")
    fill_in(page, email=people["Ann"].email, password=people["Ann"].password)
    press(page, "Sign in")
    expect_signed_in_page(page, "Tasks")


def test_pages_work_without_storage(new_browser: Browsers, people: People) -> None:
    """Storage raises errors, as with private windows or strict settings, and there is no BroadcastChannel."""
    page = new_browser()
    page.add_init_script(NO_STORAGE)
    sign_up(page, people, "Otto")
    sign_in(page, people["Ann"])
    expect_signed_in_page(page, "Tasks")
    press(page, "Keyboard shortcuts")
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    press(page, "Sign out")
    expect_notice(page, "You are signed out.")


def test_a_tab_that_is_shown_after_the_session_ended_waits_until_something_is_done(
    new_browser: Browsers, people: People
) -> None:
    page = new_browser()
    people.start_session(page, people["Ivy"])
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    people.end_session(page)
    with page.expect_response("**/get-session"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    new_browser.expect("401 ")
    press(page.get_by_role("region", name="Your profile"), "Save")

    expect(page.get_by_role("dialog", name="Please sign in again")).to_be_visible()


def test_input_of_one_user_is_not_sent_as_another(new_browser: Browsers, people: People) -> None:
    """Another user signs in in another tab, while this tab asks for the password."""
    page = new_browser()
    people.start_session(page, people["Ivy"])
    page.goto("/tasks")
    expect_notice(page, "No tasks yet.")
    fill_in(page, **{"New task": "A secret of Ivy's"})
    people.end_session(page)
    new_browser.expect("401 ")
    press(page, "Add")
    expect(page.get_by_role("dialog", name="Please sign in again")).to_be_visible()
    people.start_session(page, people["Max"])
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    other = page.context.new_page()
    other.goto("/tasks")
    expect_signed_in_page(other, "Tasks")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("New task")).to_have_value("")
    expect_notice(page, "No tasks yet.")

    assert sent == []
    assert people.call(people["Max"], "GET", "/api/tasks")["tasks"] == []


def test_a_change_of_user_in_another_tab_updates_the_page(new_browser: Browsers, people: People) -> None:
    """Even without losing the focus, the page shows the user who is signed in now."""
    page = new_browser()
    people.start_session(page, people["Ivy"])
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    people.start_session(page, people["Max"])
    other = page.context.new_page()
    other.goto("/account")
    expect_signed_in_page(other, "Account")

    expect(page.locator("[data-email]").first).to_have_text(people["Max"].email)


@pytest.mark.parametrize("body", ["", '{"user": {"na', "<html>"])
def test_an_invalid_response_does_not_sign_out(new_browser: Browsers, people: People, body: str) -> None:
    """The page shows an error, and can try again."""
    page = new_browser()
    people.start_session(page, people["Ann"])
    page.route("**/api/auth/get-session", lambda route: route.fulfill(status=200, body=body))
    page.goto("/account")
    expect_alert(page, "The service cannot be reached at the moment.")
    page.unroute_all()
    press(page, "Try again")
    expect_signed_in_page(page, "Account")


def test_a_reset_page_without_a_token_redirects_to_the_request_page(new_browser: Browsers) -> None:
    """It does so after three seconds. With an invalid token it stays, and shows a link."""
    page = new_browser()
    page.clock.install()
    for query in ("?token=broken", "?error=INVALID_TOKEN"):
        page.goto(f"/reset-password{query}")
        expect(page.get_by_role("link", name="Request a new link")).to_be_visible()
        page.clock.fast_forward("00:10")
        expect_page(page, "Set a new password")
    page.goto("/reset-password?callbackUrl=/account")
    expect(page.get_by_role("alert").filter(has_text="This link is")).to_be_visible()
    page.clock.fast_forward("00:02")
    expect_page(page, "Set a new password")
    page.clock.fast_forward("00:02")
    expect_page(page, "Forgot your password?")
    assert _path(page) == "forgot-password?callbackUrl=%2Faccount"


def test_a_used_token_is_removed_from_the_url(new_browser: Browsers, people: People) -> None:
    """The URL bar must not show a usable link. The callback URL stays."""
    page = new_browser()
    new_browser.expect("400 POST ")
    page.goto(f"/verify-email?token={'x' * 60}&callbackUrl=/account")
    press(page, "Confirm my email address")
    expect_page(page, "You need a new link")
    assert _path(page) == "verify-email?callbackUrl=%2Faccount"
    page.goto(f"/reset-password?token={'x' * 60}&callbackUrl=/account")
    fill_in(page, **{"New password": "third horse battery"})
    fill(page.locator("[name=confirm]"), "third horse battery")
    press(page, "Save password")
    expect(page.get_by_role("link", name="Request a new link")).to_be_visible()
    assert _path(page) == "reset-password?callbackUrl=%2Faccount"
    sign_up(page, people, "Olga")
    assert "token" not in page.url


def test_a_button_keeps_the_focus_after_a_keyboard_submission(new_browser: Browsers, people: People) -> None:
    """It is disabled during the request."""
    page = new_browser()
    people.start_session(page, people["Ann"])
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    save = page.get_by_role("region", name="Your profile").get_by_role("button", name="Save")
    save.focus()
    page.keyboard.press("Enter")
    expect_notice(page, "Saved.")

    expect(save).to_be_focused()


def test_the_account_page_links_back_to_a_trusted_site(new_browser: Browsers, people: People, shop: Site) -> None:
    """The link is at the top of the page; for an untrusted site there is none."""
    page, url = new_browser(), f"{shop.at('localhost')}/cart?n=2"
    people.start_session(page, people["Ann"])
    page.goto(f"/account?callbackUrl={url.replace('?', '%3F')}")
    expect_signed_in_page(page, "Account")
    page.get_by_role("list", name="Sign-in methods").get_by_role("listitem").wait_for()
    assert page.evaluate("scrollY") == 0
    page.reload()
    page.get_by_role("link", name="Back to the previous page").click()
    page.wait_for_url(url)
    page.goto("/account?callbackUrl=https://evil.example")
    expect_signed_in_page(page, "Account")

    expect(page.get_by_role("link", name="Back to")).to_have_count(0)


def test_a_providers_tab_has_no_opener(new_browser: Browsers, people: People) -> None:
    """If the authorization URL cannot be requested, the empty tab closes."""
    page = new_browser()
    new_browser.expect("401 ", "503 POST .*/sign-in/social")
    people.start_session(page, people["Ann"])
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    people.end_session(page)
    press(page.get_by_role("region", name="Your profile"), "Save")
    dialog = page.get_by_role("dialog", name="Please sign in again")
    page.route("**/sign-in/social", lambda route: route.fulfill(status=503))
    with page.expect_popup() as empty:
        press(dialog, "Continue with Google")
    expect_alert(dialog, "The service is not available at the moment.")
    if not empty.value.is_closed():
        empty.value.wait_for_event("close")
    page.unroute_all()
    with page.expect_popup() as opened:
        press(dialog, "Continue with Google")
    expect(opened.value.get_by_text("This is not Google.")).to_be_visible()

    assert opened.value.evaluate("opener") is None
    press(opened.value, "Deny access")
    expect(
        opened.value.get_by_text("You did not allow access at the other service, so nothing was changed.")
    ).to_be_visible()


def test_long_waits_are_shown_in_minutes(new_browser: Browsers) -> None:
    page = new_browser()
    new_browser.expect("429 ")

    def throttled(seconds: str) -> None:
        def response(route: Route) -> None:
            route.fulfill(status=429, headers={"retry-after": seconds}, json={"code": "TOO_MANY_REQUESTS"})

        page.unroute_all()
        page.route("**/request-password-reset", response)

    page.goto("/forgot-password")
    fill_in(page, email="ann@example.com")
    for seconds, sentence in (("290", "Please wait 5 minutes."), ("45", "Please wait 45 seconds."), ("1", "1 second.")):
        throttled(seconds)
        press(page, "Send the link")
        expect_alert(page, sentence)


def test_too_many_wrong_passwords_are_not_sent_again_after_signing_in(new_browser: Browsers, people: People) -> None:
    """The session has ended; the page says so, and does not repeat the wrong password."""
    page = new_browser()
    new_browser.expect("401 ")
    people.start_session(page, people["Ann"])
    page.goto("/account")
    change = page.get_by_role("region", name="Change password")
    page.route("**/change-password", lambda route: route.fulfill(status=401, json={"code": "TOO_MANY_WRONG_PASSWORDS"}))
    fill_in(change, **{"Current password": "no horse", "New password": "another horse battery"})

    press(change, "Change password")

    expect_alert(change, "Too many wrong passwords. You were signed out")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.only_chromium("Playwright cannot force colours in Firefox")
def test_with_forced_colours_icons_and_the_current_page_are_visible(new_browser: Browsers, people: People) -> None:
    """Forced colours remove backgrounds and shadows."""
    page = new_browser(forced_colors="active")
    people.call(people["Ann"], "POST", "/api/tasks", {"title": "Look"})
    people.start_session(page, people["Ann"])
    page.goto("/tasks")
    page.get_by_role("listitem").first.wait_for()

    assert page.evaluate(ICON_COLOUR) != page.evaluate(ROW_COLOUR)
    for current in (".counts [aria-current]", ".bar [aria-current]"):
        expect(page.locator(current)).to_have_css("text-decoration-line", "underline")
    expect(page.locator(".snack")).to_have_css("border-top-style", re.compile("solid"))


def test_long_and_right_to_left_words_fit_on_a_small_phone(new_browser: Browsers, people: People) -> None:
    """Long words and a thousand devices do not widen the page; right-to-left text is aligned right."""
    page, long = new_browser(viewport={"width": 320, "height": 640}), "W" * 100
    person = people["Lea"]
    people.call(person, "POST", "/api/auth/update-user", {"name": long})
    for title in (long * 2, "قائمة المهام"):
        task = {"title": title, "description": title, "tags": [title[:50].replace(" ", "")]}
        people.call(person, "POST", "/api/tasks", task)
    people.start_session(page, person)
    page.goto("/tasks")
    page.get_by_role("listitem").first.wait_for()
    expect(page.locator("li strong", has_text="المهام")).to_have_css("direction", "rtl")
    expect(page.locator("li strong", has_text="WWW")).to_have_css("direction", "ltr")
    page.get_by_role("button", name="Delete: WWW").click()
    _fits(page)
    page.get_by_role("button", name="Edit: قائمة").click()
    expect(page.get_by_label("Task", exact=True)).to_have_css("direction", "rtl")
    _fits(page)
    page.route("**/api/auth/list-sessions", _thousand_devices)
    page.goto("/account")
    expect(page.get_by_role("list", name="Devices").get_by_role("listitem")).to_have_count(1000)
    _fits(page)


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("[...document.querySelectorAll('dialog[open]')].every((one) => one.scrollWidth <= 320)")


def _thousand_devices(route: Route) -> None:
    (row, *_) = route.fetch().json()
    others = ({**row, "id": f"x{n}", "userAgent": "X" * 500, "ipAddress": "2001:db8:" * 4} for n in range(999))
    route.fulfill(json=[row, *others])


def test_password_buttons_name_their_field_and_action(new_browser: Browsers) -> None:
    """Screen readers need both."""
    page = new_browser()
    page.goto(f"/reset-password?token={'x' * 60}")
    press(page, "Show: Repeat the new password")
    press(page, "Hide: Repeat the new password")
    press(page, "Show: New password")

    expect(page.get_by_label("New password", exact=True)).to_have_attribute("type", "text")


def test_the_start_page_can_try_again_when_the_service_is_unavailable(new_browser: Browsers) -> None:
    page = new_browser()
    new_browser.expect("503 GET .*/get-session")
    page.route("**/api/auth/get-session", lambda route: route.fulfill(status=503))
    page.goto("/")
    expect_alert(page, "The service is not available at the moment.")
    expect(page.get_by_text("One moment …")).to_be_hidden()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.unroute_all()
    press(page, "Try again")
    expect_page(page, "Sign in")


def test_without_cookies_a_page_shows_a_message(new_browser: Browsers) -> None:
    """Otherwise it would redirect in a loop."""
    page = new_browser()
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false })")
    page.goto("/sign-in")

    expect_alert(page, "Your browser blocks cookies from this site")


def test_dates_have_the_format_of_the_browsers_locale(new_browser: Browsers, people: People) -> None:
    """British and American English differ."""
    for locale, pattern in (("en-GB", r"\d+ \w{3,4} \d{4}, \d\d:\d\d$"), ("en-US", r"\w{3} \d+, \d{4}.*M$")):
        page = new_browser(locale=locale)
        people.start_session(page, people["Ann"])
        page.goto("/account")
        device = page.get_by_role("list", name="Devices").get_by_role("listitem").first
        expect(device.locator("[data-since]")).to_have_text(re.compile(pattern))


def test_sign_out_removes_stored_addresses(new_browser: Browsers, people: People) -> None:
    """Also the address to which a link was sent: others may use the same browser."""
    page = new_browser()
    page.goto("/sign-in")
    page.evaluate("sessionStorage['gatehouse.address'] = 'somebody@example.com'")
    sign_in(page, people["Ann"])
    expect_signed_in_page(page, "Tasks")
    press(page, "Sign out")
    expect_notice(page, "You are signed out.")

    expect(page.get_by_label("Email address")).to_have_value("")


def test_with_reduced_motion_nothing_is_animated(new_browser: Browsers, people: People) -> None:
    page = new_browser(reduced_motion="reduce")
    people.start_session(page, people["Ann"])
    page.route("**/api/auth/list-*", lambda _: None)
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    spinner = "getComputedStyle(document.querySelector('[data-form=devices] .list'), '::before')"
    assert page.evaluate(f"{spinner}.borderTopStyle") == "solid"

    assert page.evaluate(f"{spinner}.animationName") == "none"
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.only_chromium("Playwright sees no download of a script's file in Firefox")
def test_every_form_of_the_account_works_after_the_session_ended(new_browser: Browsers, people: People) -> None:
    """The page asks for the password, keeps the input, and completes the submission."""
    page, person = new_browser(), people["Sam"]
    new_browser.expect("401 ")
    people.start_session(page, person)
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    dialog = page.get_by_role("dialog", name="Please sign in again")

    def submit_without_session(region: str, button: str, sentence: str) -> None:
        part = page.get_by_role("region", name=region, exact=True)
        people.end_session(page)
        press(part, button)
        fill_in(dialog, password=person.password)
        press(dialog, "Continue")
        expect_notice(part, sentence)
        expect(dialog).to_be_hidden()

    fill_in(page.get_by_role("region", name="Your profile"), Name="Samuel")
    submit_without_session("Your profile", "Save", "Saved.")
    page.get_by_label("Send me an email in the morning").check()
    submit_without_session("Reminders", "Save", "Saved.")
    fill_in(page, **{"New email address": "samuel@example.com"})
    submit_without_session("Change email address", "Change email address", "samuel@example.com")
    fill_in(page, **{"Current password": person.password, "New password": person.password + "!"})
    submit_without_session("Change password", "Change password", "Your password was changed.")
    person = replace(person, password=person.password + "!")
    with page.expect_download():
        submit_without_session("Your data", "Download", "The file was downloaded.")
    people.token(person)
    page.reload()
    expect_signed_in_page(page, "Account")
    page.get_by_role("list", name="Devices").get_by_role("listitem").nth(1).wait_for()
    submit_without_session("Devices", "Sign out all others", "All other devices are signed out.")
    deletion = page.get_by_role("region", name="Delete account")
    deletion.get_by_text("I want to delete my account").click()
    fill_in(deletion, password=person.password)
    deletion.get_by_label("Yes, delete everything").check()
    people.end_session(page)
    press(deletion, "Delete my account")
    fill_in(dialog, password=person.password)
    press(dialog, "Continue")
    expect_notice(page, "Your account was deleted. Goodbye!")
