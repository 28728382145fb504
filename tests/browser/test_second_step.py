"""The second step of a sign-in: codes of an app, mailed codes, backup codes, and trusted devices."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import Browsers
from tests.browser.other_site import Site
from tests.browser.page_actions import (
    expect_alert,
    expect_notice,
    expect_second_step,
    expect_signed_in_page,
    fill,
    fill_in,
    press,
    sign_in,
)
from tests.browser.people import People
from tests.browser.second_factors import AuthenticatorApp, mailed_code, secret_in, turn_on, turn_on_mailed_codes
from tests.support.service import Service

pytestmark = pytest.mark.browser


def test_a_code_of_the_app_completes_a_sign_in_and_leads_to_the_callback_url(
    new_browser: Browsers, people: People, shop: Site, service: Service
) -> None:
    tina, page, url = people["Tina"], new_browser(), f"{shop.at('localhost')}/cart?n=2"
    app = turn_on(people, tina, service).app
    new_browser.expect("401 POST .*/verify-totp")
    sign_in(page, tina, f"/sign-in?callbackUrl={quote(url, safe='')}")
    expect_second_step(page)
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    press(page, "Continue")
    expect_alert(page, "Please fill in: Code.")
    fill_in(page, Code=app.wrong_code())
    press(page, "Continue")
    expect_alert(page, "This code is wrong, or was used already.")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    code = app.code()
    fill_in(page, Code=f"{code[:3]} {code[3:]}")
    page.keyboard.press("Enter")

    page.wait_for_url(url)
    expect(page.get_by_text("Tina").first).to_be_visible()


def test_a_mailed_code_completes_a_sign_in(new_browser: Browsers, people: People, service: Service) -> None:
    """It can be asked for in place of the app's, and again after a while."""
    tomas, page = people["Tomas"], new_browser()
    turn_on(people, tomas, service)
    sign_in(page, tomas)
    expect_second_step(page)
    seen = people.mails(tomas.email)
    press(page, "Send me a code by email")
    expect_notice(page, "We sent you a code.")
    expect(page.get_by_role("button", name="Send again in")).to_be_disabled()
    fill_in(page, Code=mailed_code(people, tomas, seen))
    press(page, "Continue")

    expect_signed_in_page(page, "Tasks")


def test_who_has_no_app_gets_a_code_by_mail_at_once_and_none_at_a_reload(new_browser: Browsers, people: People) -> None:
    uta, page = people["Uta"], new_browser()
    turn_on_mailed_codes(people, uta)
    seen = people.mails(uta.email)
    sign_in(page, uta)
    expect_notice(page, "We sent you a code.")
    expect(page.get_by_role("button", name="Use a backup code")).to_be_hidden()
    code = mailed_code(people, uta, seen)
    page.reload()
    expect(page.get_by_role("button", name="Send me a code by email")).to_be_enabled()
    assert people.mails(uta.email) == seen + 1
    fill_in(page, Code=code)
    press(page, "Continue")

    expect_signed_in_page(page, "Tasks")


def test_a_backup_code_completes_a_sign_in_once(new_browser: Browsers, people: People, service: Service) -> None:
    vic, page, other = people["Vic"], new_browser(), new_browser()
    code = turn_on(people, vic, service).backup_codes[0]
    new_browser.expect("401 POST .*/verify-backup-code")
    for again in (page, other):
        sign_in(again, vic)
        expect_second_step(again)
        press(again, "Use a backup code")
        fill_in(again, **{"Backup code": code})
        press(again, "Continue")
        if again is page:
            expect_signed_in_page(again, "Tasks")
    expect_alert(other, "This backup code is wrong, or was used already.")
    press(other, "Use a code of the app")

    expect(other.get_by_label("Code", exact=True)).to_be_focused()


def test_a_trusted_device_is_not_asked_again(new_browser: Browsers, people: People, service: Service) -> None:
    will, page = people["Will"], new_browser()
    app = turn_on(people, will, service).app
    sign_in(page, will)
    expect_second_step(page)
    page.get_by_label("Trust this device for 30 days").check()
    fill_in(page, Code=app.code())
    press(page, "Continue")
    expect_signed_in_page(page, "Tasks")
    press(page, "Sign out")
    expect_notice(page, "You are signed out.")
    sign_in(page, will)

    expect_signed_in_page(page, "Tasks")


def test_a_sign_in_with_a_provider_asks_for_the_second_factor(new_browser: Browsers, service: Service) -> None:
    """Who has no password turns it on without one."""
    page = new_browser()
    _sign_in_with_google(page, "xena@gmail.test")
    expect_signed_in_page(page, "Account")
    setup = page.request.post("/api/auth/two-factor/enable", data={}, headers={"origin": service.url}).json()
    app = AuthenticatorApp(secret_in(setup["totpURI"]), service)
    answer = page.request.post(
        "/api/auth/two-factor/verify-totp", data={"code": app.code()}, headers={"origin": service.url}
    )
    assert answer.ok, answer.text()
    page.context.clear_cookies()
    _sign_in_with_google(page, "xena@gmail.test")
    expect_second_step(page)
    fill_in(page, Code=app.code())
    press(page, "Continue")

    expect_signed_in_page(page, "Account")


def _sign_in_with_google(page: Page, subject: str) -> None:
    page.goto("/sign-in?callbackUrl=/account")
    press(page, "Continue with Google")
    fill(page.get_by_label("Subject"), subject)
    press(page, "Authorize")


def test_a_sign_in_that_waited_too_long_begins_anew(new_browser: Browsers) -> None:
    """So does one that nobody began. The page leads back to sign-in, which leads on to the same place."""
    page = new_browser()
    new_browser.expect("401 POST .*/verify-totp")
    page.goto("/two-factor?callbackUrl=/account")
    fill_in(page, Code="123456")
    press(page, "Continue")
    expect_alert(page, "This sign-in took too long")
    page.get_by_role("link", name="Sign in again").click()

    page.wait_for_url("**/sign-in?callbackUrl=%2Faccount")


def test_wrong_codes_end_a_sign_in_and_then_lock_for_a_while(
    new_browser: Browsers, people: People, service: Service
) -> None:
    """Five for a sign-in, ten in all."""
    yann, page = people["Yann"], new_browser()
    app = turn_on(people, yann, service).app
    new_browser.expect("40[01] POST .*/verify-totp", "429 POST .*/verify-totp")
    for round_ in (1, 2):
        sign_in(page, yann)
        expect_second_step(page)
        for _ in range(5):
            _give(page, app.wrong_code())
            expect_alert(page, "This code is wrong")
        if round_ == 1:
            _give(page, app.wrong_code())
            expect_alert(page, "Too many wrong codes. Please sign in again.")
    sign_in(page, yann)
    expect_second_step(page)
    _give(page, app.code())

    expect_alert(
        page, "Too many wrong codes. To protect your account, no code is accepted for now. Please wait 15 minutes."
    )


def _give(page: Page, code: str) -> None:
    """Give a code, and wait for the answer."""
    fill_in(page, Code=code)
    with page.expect_response("**/two-factor/verify-*"):
        press(page, "Continue")


def test_a_mailed_code_proves_nothing_more_to_who_began_by_mail(new_browser: Browsers) -> None:
    page = new_browser()
    page.goto("/two-factor?twoFactorRedirect=true&twoFactorMethods=")

    expect_alert(page, "You began with a link or a code from your mailbox")


def test_a_session_that_ends_asks_for_both_factors_and_keeps_the_input(
    new_browser: Browsers, people: People, service: Service
) -> None:
    zora, page = people["Zora"], new_browser()
    app = turn_on(people, zora, service).app
    sign_in(page, zora)
    expect_second_step(page)
    fill_in(page, Code=app.code())
    press(page, "Continue")
    expect_signed_in_page(page, "Tasks")
    people.end_session(page)
    new_browser.expect("401 POST .*/api/tasks", "401 POST .*/verify-totp", "401 GET")
    fill(page.get_by_label("New task"), "Buy milk")
    press(page, "Add")
    dialog = page.get_by_role("dialog")
    fill_in(dialog, password=zora.password)
    press(dialog, "Continue")
    expect(dialog.get_by_label("Code", exact=True)).to_be_focused()
    fill_in(dialog, Code=app.wrong_code())
    press(dialog, "Continue")
    expect_alert(dialog, "This code is wrong")
    fill_in(dialog, Code=app.code())
    press(dialog, "Continue")

    expect(page.get_by_role("list", name="Tasks").get_by_text("Buy milk")).to_be_visible()
