"""Second factors and passkeys with a public UI kit, by the client's plugins."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.authenticators import Authenticator
from tests.browser.browsers import Browsers
from tests.browser.kit.app import INSTALLED, MISSING, card, expect_signed_in, expect_toast, sign_in, signed_in
from tests.browser.page_actions import fill, fill_in, press
from tests.browser.people import People
from tests.browser.second_factors import AuthenticatorApp, mailed_code, secret_in, turn_on
from tests.support.service import Service

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not INSTALLED, reason=MISSING)]


def test_an_app_is_set_up_and_asked_for(new_browser: Browsers, people: People, service: Service) -> None:
    page, ole = signed_in(new_browser, people, "Ole", "/account/security"), people["Ole"]
    factor = card(page, "Two-Factor")
    new_browser.expect("400 POST .*/two-factor/enable", "401 POST .*/two-factor/verify-totp")
    for password in ("wrong horse", ole.password):
        press(factor, "Enable Two-Factor")
        dialog = page.get_by_role("dialog", name="Two-Factor")
        fill_in(dialog, Password=password)
        press(dialog, "Enable Two-Factor")
        if password != ole.password:
            expect_toast(page, "Invalid password")
            page.keyboard.press("Escape")
    codes = page.get_by_role("dialog", name="Backup Codes")
    expect(codes.locator(".font-mono")).to_have_count(10)
    press(codes, "Continue")
    page.wait_for_url("**/auth/two-factor?**")
    (uri,) = parse_qs(urlsplit(page.url).query)["totpURI"]
    app = AuthenticatorApp(secret_in(uri), service)
    press(page, "Continue with Authenticator")
    enter(page, app.wrong_code())
    expect_toast(page, "Invalid code")
    enter(page, app.code())
    expect_toast(page, "Two-factor authentication has been enabled")

    page.context.clear_cookies()
    sign_in(page, ole)
    press(page, "Continue with Authenticator")
    page.get_by_role("checkbox").check()
    enter(page, app.code())
    expect_signed_in(page, ole)
    page.goto("/")
    page.get_by_role("button", name=ole.email).click()
    page.get_by_role("menuitem", name="Sign Out").click()
    sign_in(page, ole)
    expect_signed_in(page, ole)


def test_a_mailed_code_and_a_backup_code(new_browser: Browsers, people: People, service: Service) -> None:
    ora, page = people["Ora"], new_browser()
    factor, seen = turn_on(people, ora, service), people.mails(ora.email)
    sign_in(page, ora)
    press(page, "Send verification code")
    enter(page, mailed_code(people, ora, seen))
    expect_signed_in(page, ora)

    page.context.clear_cookies()
    sign_in(page, ora)
    press(page, "Continue with Authenticator")
    page.get_by_role("link", name="Forgot authenticator?").click()
    fill_in(page, **{"Backup Code": factor.backup_codes[0]})
    press(page, "Recover account")
    expect_signed_in(page, ora)


def test_the_second_factor_is_turned_off(new_browser: Browsers, people: People, service: Service) -> None:
    page, olga = signed_in(new_browser, people, "Olga", "/account/security"), people["Olga"]
    turn_on(people, olga, service)
    page.reload()
    press(card(page, "Two-Factor"), "Disable Two-Factor")
    dialog = page.get_by_role("dialog", name="Two-Factor")
    fill_in(dialog, Password=olga.password)
    press(dialog, "Disable Two-Factor")
    expect_toast(page, "Two-Factor Authentication has been disabled")

    page.context.clear_cookies()
    sign_in(page, olga)
    expect_signed_in(page, olga)


@pytest.mark.only_chromium("only Chromium has a virtual authenticator")
def test_a_passkey_is_added_signs_in_and_is_deleted(new_browser: Browsers, people: People) -> None:
    ozzy, page = people.proven("Ozzy"), new_browser()
    Authenticator(page)
    people.start_session(page, ozzy)
    page.goto("/account/security")
    passkeys = card(page, "Passkeys")
    press(passkeys, "Add Passkey")
    line = passkeys.locator("[data-slot=card]")
    expect(line).to_have_count(1)
    page.context.clear_cookies()
    page.goto("/auth/sign-in")
    press(page, "Sign in with Passkey")
    expect_signed_in(page, ozzy)

    page.goto("/account/security")
    press(line, "Delete")
    expect(line).to_have_count(0)


def enter(page: Page, code: str) -> None:
    """Type a code into its six boxes, which sends it."""
    fill(page.get_by_label("One-Time Password"), code)
