"""Pages where things are against them: browsers that keep nothing, other people, half an answer, a strange address."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chromium import Browsers
from tests.browser.other_site import Site
from tests.browser.page_actions import fill_in, press, sees, sign_in, told, warned, works
from tests.browser.people import People

NOTHING_KEPT = """for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError") } })
delete window.BroadcastChannel"""
SPOKEN_OF = "getComputedStyle(document.querySelector('.edit'), '::before').backgroundColor"
PAPER = "getComputedStyle(document.querySelector('.tasks li')).backgroundColor"

pytestmark = pytest.mark.browser


def _address(page: Page) -> str:
    return page.url.partition("://")[2].partition("/")[2]


@pytest.mark.parametrize("code", ["constructor", "__proto__", "toString", "<b>bold</b>", "x" * 5000])
def test_no_code_in_an_address_breaks_a_page(new_browser: Browsers, people: People, code: str) -> None:
    """Names that every object of JavaScript has are no sentences of ours."""
    page = new_browser()
    page.goto(f"/error?error={code}")
    expect(page.get_by_text("That did not work.")).to_be_visible()
    page.goto(f"/sign-in?error={code}")
    warned(page, "Something went wrong on our side.")
    fill_in(page, email=people["Ann"].email, password=people["Ann"].password)
    press(page, "Sign in")
    works(page, "Tasks")


def test_a_browser_that_keeps_nothing_is_good_enough(new_browser: Browsers, people: People) -> None:
    """Storage that throws, as private windows and strict settings have it, and no word between tabs."""
    page = new_browser()
    page.add_init_script(NOTHING_KEPT)
    page.goto("/sign-up")
    fill_in(page, Name="Otto", email="otto@example.com", password="battery of horses")
    press(page, "Create an account")
    sees(page, "Check your email")
    page.goto(people.link("otto@example.com"))
    press(page, "Confirm my email address")
    sees(page, "Thank you")
    sign_in(page, people["Ann"])
    works(page, "Tasks")
    press(page, "Keyboard shortcuts")
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    press(page, "Sign out")
    told(page, "You are signed out.")


def test_what_one_person_typed_never_becomes_anothers(new_browser: Browsers, people: People) -> None:
    """Somebody else signs in, in another tab, while this one asks for the password."""
    page = new_browser()
    people.enter(page, people["Ivy"])
    page.goto("/tasks")
    told(page, "No tasks yet.")
    fill_in(page, **{"New task": "A secret of Ivy's"})
    people.end(page)
    new_browser.expect("401 ")
    press(page, "Add")
    expect(page.get_by_role("dialog", name="Please sign in again")).to_be_visible()
    people.enter(page, people["Max"])
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    other = page.context.new_page()
    other.goto("/tasks")
    works(other, "Tasks")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("New task")).to_have_value("")
    told(page, "No tasks yet.")

    assert sent == []
    assert people.call(people["Max"], "GET", "/api/tasks")["tasks"] == []


def test_another_person_beside_this_window_is_noticed(new_browser: Browsers, people: People) -> None:
    """Although it never lost the focus: what is shown is theirs who are signed in now."""
    page = new_browser()
    people.enter(page, people["Ivy"])
    page.goto("/account")
    works(page, "Account")
    people.enter(page, people["Max"])
    other = page.context.new_page()
    other.goto("/account")
    works(other, "Account")

    expect(page.locator("[data-email]").first).to_have_text(people["Max"].email)


@pytest.mark.parametrize("half", ["", '{"user": {"na', "<html>"])
def test_half_an_answer_signs_nobody_out(new_browser: Browsers, people: People, half: str) -> None:
    """A page that was not told who is there says so, and asks again."""
    page = new_browser()
    people.enter(page, people["Ann"])
    page.route("**/api/auth/get-session", lambda route: route.fulfill(status=200, body=half))
    page.goto("/account")
    warned(page, "The service cannot be reached at the moment.")
    page.unroute_all()
    press(page, "Try again")
    works(page, "Account")


def test_a_reset_without_a_token_leads_to_where_one_is_asked_for(new_browser: Browsers) -> None:
    """After three seconds; a token that is broken stays, with a link."""
    page = new_browser()
    page.clock.install()
    for query in ("?token=broken", "?error=INVALID_TOKEN"):
        page.goto(f"/reset-password{query}")
        expect(page.get_by_role("link", name="Request a new link")).to_be_visible()
        page.clock.fast_forward("00:10")
        sees(page, "Set a new password")
    page.goto("/reset-password?callbackUrl=/account")
    expect(page.get_by_role("alert").filter(has_text="This link is")).to_be_visible()
    page.clock.fast_forward("00:02")
    sees(page, "Set a new password")
    page.clock.fast_forward("00:02")
    sees(page, "Forgot your password?")
    assert _address(page) == "forgot-password?callbackUrl=%2Faccount"


def test_a_used_token_leaves_the_address(new_browser: Browsers, people: People) -> None:
    """Nobody who looks at it, or takes a picture of it, has the link; where somebody goes on to stays."""
    page = new_browser()
    new_browser.expect("400 POST ")
    page.goto(f"/verify-email?token={'x' * 60}&callbackUrl=/account")
    press(page, "Confirm my email address")
    sees(page, "You need a new link")
    assert _address(page) == "verify-email?callbackUrl=%2Faccount"
    page.goto(f"/reset-password?token={'x' * 60}&callbackUrl=/account")
    fill_in(page, **{"New password": "third horse battery"})
    page.locator("[name=confirm]").fill("third horse battery")
    press(page, "Save password")
    expect(page.get_by_role("link", name="Request a new link")).to_be_visible()
    assert _address(page) == "reset-password?callbackUrl=%2Faccount"
    page.goto("/sign-up")
    fill_in(page, Name="Olga", email="olga@example.com", password="battery of horses")
    press(page, "Create an account")
    sees(page, "Check your email")
    page.goto(people.link("olga@example.com"))
    press(page, "Confirm my email address")
    sees(page, "Thank you")
    assert "token" not in page.url


def test_whoever_sends_a_form_by_keyboard_stays_where_they_were(new_browser: Browsers, people: People) -> None:
    """A button that was disabled meanwhile has the focus again."""
    page = new_browser()
    people.enter(page, people["Ann"])
    page.goto("/account")
    works(page, "Account")
    save = page.get_by_role("region", name="Your profile").get_by_role("button", name="Save")
    save.focus()
    page.keyboard.press("Enter")
    told(page, "Saved.")

    expect(save).to_be_focused()


def test_who_comes_from_a_shop_finds_the_way_back(new_browser: Browsers, people: People, shop: Site) -> None:
    """From the top of the account page; nobody else is shown a way."""
    page, place = new_browser(), f"{shop.at('localhost')}/cart?n=2"
    people.enter(page, people["Ann"])
    page.goto(f"/account?callbackUrl={place.replace('?', '%3F')}")
    works(page, "Account")
    page.get_by_role("list", name="Sign-in methods").get_by_role("listitem").wait_for()
    assert page.evaluate("scrollY") == 0
    page.reload()
    page.get_by_role("link", name="Back to the previous page").click()
    page.wait_for_url(place)
    page.goto("/account?callbackUrl=https://evil.example")
    works(page, "Account")

    expect(page.get_by_role("link", name="Back to")).to_have_count(0)


def test_a_providers_tab_has_no_hold_on_the_page_that_opened_it(new_browser: Browsers, people: People) -> None:
    """And no empty tab stays where the provider cannot be asked."""
    page = new_browser()
    page.context.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(content_type="text/css"))
    new_browser.expect("401 ", "503 POST .*/sign-in/social")
    people.enter(page, people["Ann"])
    page.goto("/account")
    works(page, "Account")
    people.end(page)
    press(page.get_by_role("region", name="Your profile"), "Save")
    dialog = page.get_by_role("dialog", name="Please sign in again")
    page.route("**/sign-in/social", lambda route: route.fulfill(status=503))
    with page.expect_popup() as empty:
        press(dialog, "Continue with Google")
    warned(dialog, "The service is not available at the moment.")
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


def test_long_waits_are_told_in_minutes(new_browser: Browsers) -> None:
    page = new_browser()
    new_browser.expect("429 ")

    def throttled(seconds: str) -> None:
        def answer(route: Route) -> None:
            route.fulfill(status=429, headers={"retry-after": seconds}, json={"code": "TOO_MANY_REQUESTS"})

        page.unroute_all()
        page.route("**/request-password-reset", answer)

    page.goto("/forgot-password")
    fill_in(page, email="ann@example.com")
    for seconds, sentence in (("290", "Please wait 5 minutes."), ("45", "Please wait 45 seconds."), ("1", "1 second.")):
        throttled(seconds)
        press(page, "Send the link")
        warned(page, sentence)


def test_with_colours_of_their_own_people_see_icons_and_where_they_are(new_browser: Browsers, people: People) -> None:
    """Forced colours take backgrounds and shadows away."""
    page = new_browser(forced_colors="active")
    people.call(people["Ann"], "POST", "/api/tasks", {"title": "Look"})
    people.enter(page, people["Ann"])
    page.goto("/tasks")
    page.get_by_role("listitem").first.wait_for()

    assert page.evaluate(SPOKEN_OF) != page.evaluate(PAPER)
    for here in (".counts [aria-current]", ".bar [aria-current]"):
        expect(page.locator(here)).to_have_css("text-decoration-line", "underline")
    expect(page.locator(".snack")).to_have_css("border-top-style", re.compile("solid"))


def test_long_and_foreign_words_fit_on_a_small_phone(new_browser: Browsers, people: People) -> None:
    """Words without an end and thousands of devices; writing from the right begins at the right."""
    page, long = new_browser(viewport={"width": 320, "height": 640}), "W" * 100
    person = people["Lea"]
    people.call(person, "POST", "/api/auth/update-user", {"name": long})
    for title in (long * 2, "قائمة المهام"):
        task = {"title": title, "description": title, "tags": [title[:50].replace(" ", "")]}
        people.call(person, "POST", "/api/tasks", task)
    people.enter(page, person)
    page.goto("/tasks")
    page.get_by_role("listitem").first.wait_for()
    expect(page.locator("li strong", has_text="المهام")).to_have_css("direction", "rtl")
    expect(page.locator("li strong", has_text="WWW")).to_have_css("direction", "ltr")
    page.get_by_role("button", name="Delete: WWW").click()
    _fits(page)
    page.get_by_role("button", name="Edit: قائمة").click()
    expect(page.get_by_label("Task", exact=True)).to_have_css("direction", "rtl")
    _fits(page)
    page.route("**/api/auth/list-sessions", _crowd)
    page.goto("/account")
    expect(page.get_by_role("list", name="Devices").get_by_role("listitem")).to_have_count(1000)
    _fits(page)


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("[...document.querySelectorAll('dialog[open]')].every((one) => one.scrollWidth <= 320)")


def _crowd(route: Route) -> None:
    (row, *_) = route.fetch().json()
    others = ({**row, "id": f"x{n}", "userAgent": "X" * 500, "ipAddress": "2001:db8:" * 4} for n in range(999))
    route.fulfill(json=[row, *others])


def test_who_listens_knows_which_password_is_shown(new_browser: Browsers) -> None:
    """The button says what it does, and to which of two fields."""
    page = new_browser()
    page.goto(f"/reset-password?token={'x' * 60}")
    press(page, "Show: Repeat the new password")
    press(page, "Hide: Repeat the new password")
    press(page, "Show: New password")

    expect(page.get_by_label("New password", exact=True)).to_have_attribute("type", "text")


def test_the_first_page_of_a_service_that_is_away_can_be_asked_again(new_browser: Browsers) -> None:
    page = new_browser()
    new_browser.expect("503 GET .*/get-session")
    page.route("**/api/auth/get-session", lambda route: route.fulfill(status=503))
    page.goto("/")
    warned(page, "The service is not available at the moment.")
    expect(page.get_by_text("One moment …")).to_be_hidden()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.unroute_all()
    press(page, "Try again")
    sees(page, "Sign in")


def test_a_browser_without_cookies_is_told_what_is_missing(new_browser: Browsers) -> None:
    """Rather than led in a circle."""
    page = new_browser()
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false })")
    page.goto("/sign-in")

    warned(page, "Your browser does not keep cookies")


def test_days_are_written_as_their_reader_writes_them(new_browser: Browsers, people: People) -> None:
    """An English page in Britain is not one in America."""
    for locale, written in (("en-GB", r"\d+ \w{3,4} \d{4}, \d\d:\d\d$"), ("en-US", r"\w{3} \d+, \d{4}.*M$")):
        page = new_browser(locale=locale)
        people.enter(page, people["Ann"])
        page.goto("/account")
        device = page.get_by_role("list", name="Devices").get_by_role("listitem").first
        expect(device.locator("[data-since]")).to_have_text(re.compile(written))


def test_whoever_signs_out_leaves_no_address_behind(new_browser: Browsers, people: People) -> None:
    """Not even the one that a link was sent to, in a browser that others use, too."""
    page = new_browser()
    page.goto("/sign-in")
    page.evaluate("sessionStorage['gatehouse.address'] = 'somebody@example.com'")
    sign_in(page, people["Ann"])
    works(page, "Tasks")
    press(page, "Sign out")
    told(page, "You are signed out.")

    expect(page.get_by_label("Email address")).to_have_value("")


def test_nothing_moves_for_those_who_want_it_still(new_browser: Browsers, people: People) -> None:
    page = new_browser(reduced_motion="reduce")
    people.enter(page, people["Ann"])
    page.route("**/api/auth/list-*", lambda _: None)
    page.goto("/account")
    works(page, "Account")
    spinner = "getComputedStyle(document.querySelector('[data-form=devices] .list'), '::before')"
    assert page.evaluate(f"{spinner}.borderTopStyle") == "solid"

    assert page.evaluate(f"{spinner}.animationName") == "none"
    page.unroute_all(behavior="ignoreErrors")


def test_every_form_of_the_account_survives_the_end_of_the_session(new_browser: Browsers, people: People) -> None:
    """The password is asked for, what was typed is still there, and the form does what it was told."""
    page, person = new_browser(), people["Sam"]
    new_browser.expect("401 ")
    people.enter(page, person)
    page.goto("/account")
    works(page, "Account")
    dialog = page.get_by_role("dialog", name="Please sign in again")

    def after_the_end(region: str, button: str, sentence: str) -> None:
        part = page.get_by_role("region", name=region, exact=True)
        people.end(page)
        press(part, button)
        fill_in(dialog, password=person.password)
        press(dialog, "Continue")
        told(part, sentence)
        expect(dialog).to_be_hidden()

    fill_in(page, Name="Samuel")
    after_the_end("Your profile", "Save", "Saved.")
    page.get_by_label("Send me an email in the morning").check()
    after_the_end("Reminders", "Save", "Saved.")
    fill_in(page, **{"New email address": "samuel@example.com"})
    after_the_end("Change email address", "Change email address", "samuel@example.com")
    fill_in(page, **{"Current password": person.password, "New password": person.password + "!"})
    after_the_end("Change password", "Change password", "Your password was changed.")
    person = replace(person, password=person.password + "!")
    with page.expect_download():
        after_the_end("Your data", "Download", "The file was downloaded.")
    people.token(person)
    page.reload()
    works(page, "Account")
    page.get_by_role("list", name="Devices").get_by_role("listitem").nth(1).wait_for()
    after_the_end("Devices", "Sign out all others", "All other devices are signed out.")
    leaving = page.get_by_role("region", name="Delete account")
    leaving.get_by_text("I want to delete my account").click()
    fill_in(leaving, password=person.password)
    leaving.get_by_label("Yes, delete everything").check()
    people.end(page)
    press(leaving, "Delete my account")
    fill_in(dialog, password=person.password)
    press(dialog, "Continue")
    told(page, "Your account was deleted. Goodbye!")
