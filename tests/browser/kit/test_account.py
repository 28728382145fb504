"""A public UI kit, @daveyplate/better-auth-ui, works with the service: the URL is all that its app knows of it."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import Browsers
from tests.browser.kit.app import (
    INSTALLED,
    MISSING,
    App,
    card,
    expect_signed_in,
    expect_toast,
    sign_in,
    sign_up,
    signed_in,
)
from tests.browser.page_actions import fill, fill_in, new_person, press
from tests.browser.people import People
from tests.support.pictures import noise

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
NEW_PASSWORD = "battery of horses"
TOO_EASY = "This password is too easy to guess. Choose another one."

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not INSTALLED, reason=MISSING)]


def test_sign_up_with_a_password_that_is_refused(new_browser: Browsers) -> None:
    """The kit has texts of its own for better-auth's codes; for ours it shows our sentence."""
    page, uma = new_browser(), new_person("Uma")
    new_browser.expect("400 POST .*/sign-up/email")
    sign_up(page, replace(uma, password="password"))
    expect_toast(page, TOO_EASY)
    sign_up(page, replace(uma, password="short"))
    expect_toast(page, "Password too short")


def test_sign_up_verification_and_sign_in(new_browser: Browsers, people: People, app: App) -> None:
    """The mailed link leads to the hosted page, and that to the app."""
    page, una = new_browser(), new_person("Una")
    sign_up(page, una)
    expect_toast(page, "Check your email for the verification link.")
    new_browser.expect("403 POST .*/sign-in/email")
    sign_in(page, una)
    expect_toast(page, "email not verified")

    page.goto(people.link(una.email))
    press(page, "Confirm my email address")
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url(f"{app.origin}/auth/sign-in?*")
    fill_in(page, Email=una.email, Password=una.password)
    press(page, "Login")

    expect_signed_in(page, una)


def test_a_taken_address_looks_like_a_free_one(new_browser: Browsers, people: People) -> None:
    """Its owner's password stays."""
    page, uri = new_browser(), people["Uri"]
    sign_up(page, replace(uri, password=NEW_PASSWORD))
    expect_toast(page, "Check your email for the verification link.")
    new_browser.expect("401 POST .*/sign-in/email")
    sign_in(page, replace(uri, password=NEW_PASSWORD))
    expect_toast(page, "Invalid email or password")
    sign_in(page, uri)
    expect_signed_in(page, uri)


def test_sign_out(new_browser: Browsers, people: People) -> None:
    """Pages of the account then ask to sign in, and come back."""
    page, uli = new_browser(), people["Uli"]
    people.start_session(page, uli)
    page.goto("/")
    page.get_by_role("button", name=uli.email).click()
    page.get_by_role("menuitem", name="Sign Out").click()
    expect(card(page, "Sign In")).to_be_visible()
    page.goto("/account/settings")
    fill_in(page, Email=uli.email, Password=uli.password)
    press(page, "Login")

    expect(card(page, "Email").get_by_role("textbox")).to_have_value(uli.email)


def test_a_new_name(new_browser: Browsers, people: People) -> None:
    page = signed_in(new_browser, people, "Ute", "/account/settings")
    form = card(page, "Name")
    fill(form.get_by_role("textbox"), "Utopia")
    press(form, "Save")
    expect_toast(page, "Name updated successfully")
    page.reload()
    expect(form.get_by_role("textbox")).to_have_value("Utopia")

    new_browser.expect("400 POST .*/update-user")
    fill(form.get_by_role("textbox"), "U" * 101)
    press(form, "Save")
    expect_toast(page, "[body.name] String should have at most 100 characters")


def test_a_new_avatar(new_browser: Browsers, people: People, app: App) -> None:
    """The kit sends a picture of 128 by 128 pixels as a data URL; the service keeps it and gives it a URL."""
    page = signed_in(new_browser, people, "Udo", "/account/settings")
    avatar = card(page, "Avatar")
    avatar.get_by_role("button").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="Upload Avatar").click()
    chooser.value.set_files({"name": "me.png", "mimeType": "image/png", "buffer": noise(400)})
    picture = avatar.get_by_role("img")
    expect(picture).to_have_attribute("src", re.compile(f"^{re.escape(app.service.url)}/"))
    expect(picture).to_have_js_property("naturalWidth", 128)

    avatar.get_by_role("button").click()
    page.get_by_role("menuitem", name="Delete Avatar").click()
    expect(picture).to_have_count(0)


def test_a_new_address(new_browser: Browsers, people: People, app: App) -> None:
    """The old address confirms it, then the new one; each link leads back to the settings."""
    page = signed_in(new_browser, people, "Ugo", "/account/settings")
    old, new, form = people["Ugo"].email, "other-ugo@example.com", card(page, "Email")
    seen = people.mails(old)
    expect(form.get_by_role("textbox")).to_have_value(old)
    fill(form.get_by_role("textbox"), new)
    press(form, "Save")
    expect_toast(page, "Please check your email to verify the change.")
    for email, before in ((old, seen), (new, 0)):
        page.goto(people.link(email, before))
        press(page, "Confirm my email address")
        page.get_by_role("link", name="Continue").click()
        page.wait_for_url(f"{app.origin}/account/settings")

    expect(form.get_by_role("textbox")).to_have_value(new)


def test_a_new_password(new_browser: Browsers, people: People) -> None:
    """Other devices are signed out."""
    page = signed_in(new_browser, people, "Ulf", "/account/security")
    other = signed_in(new_browser, people, "Ulf", "/account/security")
    form = card(page, "Change Password")
    new_browser.expect("400 POST .*/change-password", "401 GET .*/list-user-passkeys")
    for current, new, answer in (
        ("wrong horse", NEW_PASSWORD, "Invalid password"),
        (people["Ulf"].password, "password", TOO_EASY),
        (people["Ulf"].password, NEW_PASSWORD, "Your password has been changed."),
    ):
        fill_in(form, **{"Current Password": current, "New Password": new})
        press(form, "Save")
        expect_toast(page, answer)
    other.reload()
    expect(card(other, "Sign In")).to_be_visible()

    sign_in(other, replace(people["Ulf"], password=NEW_PASSWORD))
    expect_signed_in(other, people["Ulf"])


def test_a_forgotten_password(new_browser: Browsers, people: People, app: App) -> None:
    """The mailed link leads to the kit's page, once."""
    page, ida = new_browser(), people["Ida"]
    seen = people.mails(ida.email)
    page.goto("/auth/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    fill_in(page, Email=ida.email)
    press(page, "Send reset link")
    expect_toast(page, "Check your email for the password reset link.")
    link = people.link(ida.email, seen)
    page.goto(link)
    page.wait_for_url(f"{app.origin}/auth/reset-password?token=*")
    new_browser.expect("400 POST .*/reset-password")
    for password, answer in (("password", TOO_EASY), (NEW_PASSWORD, "Password reset successfully")):
        fill_in(page, **{"New Password": password})
        press(page, "Save new password")
        expect_toast(page, answer)
    sign_in(page, replace(ida, password=NEW_PASSWORD))
    expect_signed_in(page, ida)

    page.goto(link)
    expect_toast(page, "Invalid token")


def test_one_device_signs_another_out(new_browser: Browsers, people: People) -> None:
    page = signed_in(new_browser, people, "Ivo", "/account/security")
    other = signed_in(new_browser, people, "Ivo", "/account/security", user_agent=FIREFOX)
    page.reload()
    devices = card(page, "Sessions").locator("[data-slot=card]")
    expect(devices).to_have_count(2)
    press(devices.filter(has_text="Linux, Firefox"), "Revoke")
    expect(devices).to_have_count(1)
    expect(devices).to_contain_text("Current Session")
    new_browser.expect("401 GET .*/list-user-passkeys")

    other.reload()
    expect(card(other, "Sign In")).to_be_visible()


def test_the_account_is_deleted(new_browser: Browsers, people: People) -> None:
    page = signed_in(new_browser, people, "Ina", "/account/security")
    new_browser.expect("400 POST .*/delete-user", "401 POST .*/sign-in/email", "401 GET .*/list-user-passkeys")
    for password, answer in (
        ("wrong horse", "Invalid password"),
        (people["Ina"].password, "Your account has been deleted."),
    ):
        press(card(page, "Delete Account"), "Delete Account")
        dialog = page.get_by_role("dialog", name="Delete Account")
        fill_in(dialog, Password=password)
        press(dialog, "Delete Account")
        expect_toast(page, answer)
    expect(card(page, "Sign In")).to_be_visible()

    sign_in(page, people["Ina"])
    expect_toast(page, "Invalid email or password")


def test_sign_in_with_google(new_browser: Browsers) -> None:
    page = new_browser()
    page.goto("/auth/sign-in")
    press(page, "Sign in with Google")
    authorize(page, "gina@gmail.test")

    expect(page.get_by_role("button", name="gina@gmail.test")).to_be_visible()


def test_a_cancelled_sign_in_with_google(new_browser: Browsers, app: App) -> None:
    """The hosted page says what happened, and leads back to the app."""
    page = new_browser()
    page.goto("/auth/sign-in")
    press(page, "Sign in with Google")
    press(page, "Deny access")
    expect(page.get_by_text("You did not allow access at the other service, so nothing was changed.")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    page.wait_for_url(f"{app.origin}/**")

    expect(card(page, "Sign In")).to_be_visible()


def test_google_is_linked_and_unlinked(new_browser: Browsers, people: People, app: App) -> None:
    """The kit shows the linked account's address."""
    page = signed_in(new_browser, people, "Ira", "/account/security")
    providers = card(page, "Providers")
    press(providers, "Link")
    authorize(page, people["Ira"].email)
    page.wait_for_url(f"{app.origin}/account/security")
    linked = providers.locator("[data-slot=card]").filter(has_text=people["Ira"].email)
    press(linked, "Unlink")
    expect(linked).to_have_count(0)


def test_a_session_that_is_not_fresh(new_browser: Browsers, people: People, app: App) -> None:
    """The kit asks to sign in again where it does not ask for the password."""
    page = signed_in(new_browser, people, "Ike", "/account/settings")
    app.service.clock.write_text(str(25 * 60 * 60), encoding="ascii")  # longer than SessionFreshAge
    new_browser.expect("403 POST .*/change-email")
    form = card(page, "Email")
    fill(form.get_by_role("textbox"), "other-ike@example.com")
    press(form, "Save")

    expect_toast(page, "Your session is not fresh. Please sign in again.")


def authorize(page: Page, email: str) -> None:
    """Sign in at the fake Google."""
    fill(page.get_by_label("Subject"), email)
    press(page, "Authorize")
