"""The second factor and trusted devices on the account page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.authenticators import Authenticator
from tests.browser.browsers import Browsers
from tests.browser.page_actions import (
    expect_alert,
    expect_notice,
    expect_second_step,
    expect_signed_in_page,
    fill,
    fill_in,
    is_firefox,
    press,
    sign_in,
    spinner_in,
)
from tests.browser.people import PASSWORD, People
from tests.browser.second_factors import AuthenticatorApp, mailed_code, turn_on
from tests.support.service import Service, running_service

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def strict(template: str) -> Iterator[Service]:
    """A service that requires a second factor of all users."""
    with running_service(template=template, require_two_factor="all") as service:
        yield service


def card(page: Page, name: str = "Second factor") -> Locator:
    """Return a card of the account page."""
    return page.get_by_role("region", name=name)


def key_in(factor: Locator) -> str:
    """Return the key that is shown to be typed into an app."""
    expect(factor.get_by_role("img", name="QR code for the app")).to_be_visible()
    return factor.locator("code").inner_text()


def test_an_app_is_set_up_by_a_picture_or_a_key_and_the_codes_are_shown_once(
    new_browser: Browsers, people: People, service: Service
) -> None:
    abe, page = people["Abe"], new_browser(permissions=["clipboard-read", "clipboard-write"])
    people.start_session(page, abe)
    new_browser.expect("400 POST .*/two-factor/enable", "401 POST .*/two-factor/verify-totp")
    page.goto("/account")
    factor = card(page)
    turning_on = factor.locator("[data-form=turn-on]")
    fill_in(turning_on, password="wrong horse")
    press(factor, "Set up an app")
    expect_alert(factor, "The password is wrong.")
    fill_in(turning_on, password=PASSWORD)
    press(factor, "Set up an app")
    key = key_in(factor)
    picture = factor.get_by_role("img", name="QR code for the app")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key)
    app = AuthenticatorApp(key.replace(" ", ""), service)
    expect(factor.get_by_label("Code", exact=True)).to_be_focused()
    fill_in(factor, Code=app.wrong_code())
    press(factor, "Turn on")
    expect_alert(factor, "This code is wrong")
    fill_in(factor, Code=app.code())
    press(factor, "Turn on")
    expect_notice(factor, "The second factor is on.")

    codes = factor.get_by_role("list", name="Your backup codes").get_by_role("listitem").all_inner_texts()
    assert len(set(codes)) == 10
    press(factor, "Copy")
    expect_notice(factor, "Copied.")
    assert page.evaluate("navigator.clipboard.readText()").split() == codes
    press(factor, "I have kept them")
    expect(factor.get_by_text(codes[0])).to_be_hidden()

    page.reload()
    expect(factor.get_by_text("On", exact=True)).to_be_visible()
    assert codes[0] not in page.content()
    other = new_browser()
    sign_in(other, abe)
    expect_second_step(other)


@pytest.mark.only_chromium("Playwright sees no download of a script's file, and does not print, in Firefox")
def test_backup_codes_are_downloaded_and_printed_alone(
    new_browser: Browsers, people: People, service: Service, tmp_path: Path
) -> None:
    gil, page = people["Gil"], new_browser()
    people.start_session(page, gil)
    turn_on(people, gil, service)
    page.goto("/account")
    factor = card(page)
    fill_in(factor.locator("[data-form=change-factor]"), password=PASSWORD)
    press(factor, "New backup codes")
    expect(factor.get_by_role("heading", name="Your backup codes")).to_be_visible()
    codes = factor.get_by_role("list", name="Your backup codes").get_by_role("listitem").all_inner_texts()

    with page.expect_download() as download:
        press(factor, "Download")
    download.value.save_as(tmp_path / "codes.txt")
    assert (tmp_path / "codes.txt").read_text().split() == codes
    page.emulate_media(media="print")
    expect(factor.get_by_text(codes[0])).to_be_visible()
    expect(card(page, "Your profile")).to_be_hidden()
    expect(factor.get_by_role("button", name="Turn off")).to_be_hidden()


def test_new_backup_codes_replace_the_old_and_the_factor_is_turned_off(
    new_browser: Browsers, people: People, service: Service
) -> None:
    bea, page, other = people["Bea"], new_browser(), new_browser()
    second = turn_on(people, bea, service)
    sign_in(page, bea, "/sign-in?callbackUrl=/account")
    expect_second_step(page)
    fill_in(page, Code=second.app.code())
    press(page, "Continue")
    expect_signed_in_page(page, "Account")
    new_browser.expect("40[01] POST .*/two-factor/")
    factor = card(page)
    changing = factor.locator("[data-form=change-factor]")
    fill_in(changing, password=PASSWORD)
    expect(factor.get_by_role("button", name="Set up an app")).to_be_hidden()
    press(factor, "New backup codes")
    codes = factor.get_by_role("list", name="Your backup codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    new = codes.first.inner_text()
    sign_in(other, bea)
    press(other, "Use a backup code")
    fill_in(other, **{"Backup code": second.backup_codes[0]})
    press(other, "Continue")
    expect_alert(other, "This backup code is wrong")
    fill_in(other, **{"Backup code": new})
    press(other, "Continue")
    expect_signed_in_page(other, "Tasks")

    fill_in(changing, password=PASSWORD)
    press(factor, "Turn off")
    expect_notice(factor, "The second factor is off.")
    expect(card(page, "Trusted devices")).to_be_hidden()
    third = new_browser()
    sign_in(third, bea)
    expect_signed_in_page(third, "Tasks")


def test_mailed_codes_are_the_second_factor_of_who_wants_no_app_until_they_do(
    new_browser: Browsers, people: People, service: Service
) -> None:
    cleo, page, other = people["Cleo"], new_browser(), new_browser()
    people.start_session(page, cleo)
    page.goto("/account")
    factor = card(page)
    fill_in(factor.locator("[data-form=turn-on]"), password=PASSWORD)
    press(factor, "Use codes by email instead")
    expect_notice(factor, "The second factor is on.")
    expect(factor.get_by_role("button", name="New backup codes")).to_be_hidden()
    seen = people.mails(cleo.email)
    sign_in(other, cleo)
    expect_notice(other, "We sent you a code.")
    fill_in(other, Code=mailed_code(people, cleo, seen))
    press(other, "Continue")
    expect_signed_in_page(other, "Tasks")

    change = factor.locator("[data-form=change-factor]")
    fill_in(change, password=PASSWORD)
    change.get_by_label("Password", exact=True).press("Enter")
    fill_in(factor, Code=AuthenticatorApp(key_in(factor).replace(" ", ""), service).code())
    press(factor, "Turn on")
    expect(factor.get_by_role("list", name="Your backup codes").get_by_role("listitem")).to_have_count(10)


def test_who_has_no_password_gives_a_code_instead(new_browser: Browsers, service: Service) -> None:
    page = new_browser()
    page.goto("/sign-in?callbackUrl=/account")
    press(page, "Continue with Google")
    fill(page.get_by_label("Subject"), "dora@gmail.test")
    press(page, "Authorize")
    expect_signed_in_page(page, "Account")
    factor = card(page)
    press(factor, "Set up an app")
    app = AuthenticatorApp(key_in(factor).replace(" ", ""), service)
    fill_in(factor, Code=app.code())
    press(factor, "Turn on")
    expect_notice(factor, "The second factor is on.")
    fill_in(factor, **{"Code, or a backup code": app.code()})
    press(factor, "Turn off")

    expect_notice(factor, "The second factor is off.")


def test_a_trusted_device_can_be_seen_and_revoked(new_browser: Browsers, people: People, service: Service) -> None:
    emil, page = people["Emil"], new_browser()
    app = turn_on(people, emil, service).app
    sign_in(page, emil, "/sign-in?callbackUrl=/account")
    expect_second_step(page)
    page.get_by_label("Trust this device for 30 days").check()
    fill_in(page, Code=app.code())
    press(page, "Continue")
    devices = card(page, "Trusted devices")
    line = devices.get_by_role("listitem")
    expect(line).to_have_count(1)
    browser = "Firefox" if is_firefox(page) else "Chrome"
    expect(line).to_contain_text(f"{browser} on Linux")
    expect(line).to_contain_text("This device")
    expect(line).to_contain_text("127.0.0.1")
    line.get_by_role("button").click()
    expect_notice(devices, f"No longer trusted: {browser} on Linux.")
    expect(devices.get_by_text("You trust no device.")).to_be_visible()
    press(page, "Sign out")
    expect_notice(page, "You are signed out.")
    sign_in(page, emil)

    expect_second_step(page)


def test_where_it_is_required_nothing_else_is_possible_before(new_browser: Browsers, strict: Service) -> None:
    """Whoever signs in is led to set it up."""
    page, people = new_browser(base_url=strict.url), People(strict)
    sign_in(page, people["Faye"])
    page.wait_for_url("**/account?callbackUrl=%2Ftasks")
    new_browser.expect("400 POST .*/two-factor/enable", "403 GET .*/(list-accounts|generate-register-options)")
    factor = card(page)
    expect(factor.get_by_text("This service requires a second factor.")).to_be_visible()
    expect(page.get_by_role("region")).to_have_count(2)
    passkeys = card(page, "Passkeys")
    expect(passkeys.get_by_role("button", name="Add a passkey")).to_be_visible()
    assert spinner_in(passkeys) == "none"
    press(factor, "Set up an app")
    expect(factor.get_by_label("Password", exact=True).first).to_be_focused()
    fill_in(factor.locator("[data-form=turn-on]"), password=PASSWORD)
    press(factor, "Set up an app")
    app = AuthenticatorApp(key_in(factor).replace(" ", ""), strict)
    fill_in(factor, Code=app.code())
    press(factor, "Turn on")
    expect_notice(factor, "The second factor is on.")
    expect(card(page, "Devices").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("link", name="Tasks", exact=True).click()

    expect_signed_in_page(page, "Tasks")


def test_where_it_is_required_an_older_session_is_not_asked_for_a_passkey_at_once(
    new_browser: Browsers, strict: Service
) -> None:
    """The password is asked for when something is set up."""
    page, people = new_browser(base_url=strict.url), People(strict)
    new_browser.expect("403 GET .*/(list-accounts|generate-register-options)")
    people.start_session(page, people["Kai"])
    refusal = {"code": "SESSION_NOT_FRESH", "message": "Session is not fresh"}
    page.route("**/generate-register-options", lambda route: route.fulfill(status=403, json=refusal))
    with page.expect_response("**/generate-register-options"):
        page.goto("/account")

    expect(page.get_by_role("region")).to_have_count(2)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_where_it_is_required_a_check_that_fails_opens_nothing(new_browser: Browsers, strict: Service) -> None:
    """A tab that is shown again asks anew; while that fails, it keeps what it knows."""
    page, people = new_browser(base_url=strict.url), People(strict)
    new_browser.expect("403 GET .*/(list-accounts|generate-register-options)", "503 GET .*/list-accounts")
    people.start_session(page, people["Lia"])
    page.goto("/account")
    expect(page.get_by_role("region")).to_have_count(2)
    page.route("**/list-accounts", lambda route: route.fulfill(status=503))
    page.evaluate("""() => new Promise((checked) => {
      addEventListener("member", () => checked(), { once: true })
      document.dispatchEvent(new Event("visibilitychange"))
    })""")

    expect(page.get_by_role("region")).to_have_count(2)


@pytest.mark.only_chromium("only Chromium has a virtual authenticator")
def test_where_it_is_required_a_passkey_is_enough_until_it_is_deleted(new_browser: Browsers, strict: Service) -> None:
    page, other, people = new_browser(base_url=strict.url), new_browser(base_url=strict.url), People(strict)
    ina = people.proven("Ina")
    new_browser.expect("403 GET .*/list-accounts")
    Authenticator(page)
    sign_in(page, ina)
    page.wait_for_url("**/account?callbackUrl=%2Ftasks")
    press(page, "Add a passkey")
    passkeys = card(page, "Passkeys")
    expect_notice(passkeys, "The passkey was added.")
    expect(card(page, "Devices").get_by_role("listitem")).to_have_count(1)

    new_browser.expect("403 GET .*/generate-register-options")
    sign_in(other, ina)
    expect(other.get_by_role("dialog", name="Please confirm that it is you")).to_be_visible()

    press(passkeys, "Delete: Chrome on Linux")
    expect_notice(passkeys, "Deleted: Chrome on Linux.")
    expect(page.get_by_role("region")).to_have_count(2)
    other.reload()
    other.wait_for_url("**/sign-in?*")


@pytest.mark.only_chromium("only Chromium has a virtual authenticator")
def test_where_it_is_required_whoever_has_a_passkey_is_asked_for_that(new_browser: Browsers, strict: Service) -> None:
    page, people = new_browser(base_url=strict.url), People(strict)
    jan = people.proven("Jan")
    new_browser.expect("403 GET .*/list-accounts", "403 GET .*/generate-register-options")
    Authenticator(page)
    sign_in(page, jan)
    press(page, "Add a passkey")
    expect_notice(page, "The passkey was added.")

    people.start_session(page, jan)
    page.reload()
    press(page.get_by_role("dialog"), "Continue with a passkey")

    expect(card(page, "Devices").get_by_role("listitem")).to_have_count(2)


def test_where_it_is_required_a_session_without_it_is_asked_for_it(new_browser: Browsers, strict: Service) -> None:
    page, people = new_browser(base_url=strict.url), People(strict)
    gus = people["Gus"]
    page.request.post(
        "/api/auth/sign-in/email", data={"email": gus.email, "password": PASSWORD}, headers={"origin": strict.url}
    )
    app = turn_on(people, gus, strict).app
    new_browser.expect("403 GET .*/api/tasks")
    page.goto("/tasks")
    dialog = page.get_by_role("dialog")
    fill_in(dialog, password=PASSWORD)
    press(dialog, "Continue")
    fill_in(dialog, Code=app.code())
    press(dialog, "Continue")

    expect(page.get_by_text("No tasks yet.")).to_be_visible()
