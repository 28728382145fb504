"""Passkeys on the hosted pages, by Chromium's virtual authenticator."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.authenticators import Authenticator
from tests.browser.browsers import Browsers
from tests.browser.page_actions import (
    expect_alert,
    expect_notice,
    expect_page,
    expect_signed_in_page,
    fill,
    fill_in,
    press,
    spinner_in,
)
from tests.browser.people import People, Person
from tests.browser.second_factors import turn_on
from tests.support.service import Service

pytestmark = [pytest.mark.browser, pytest.mark.only_chromium("only Chromium has a virtual authenticator")]


def add_passkey(page: Page, people: People, person: Person) -> Authenticator:
    """Sign in without the pages, and add a passkey on the account page."""
    authenticator = Authenticator(page)
    people.start_session(page, person)
    page.goto("/account")
    press(page, "Add a passkey")
    expect_notice(page, "The passkey was added.")
    return authenticator


def test_a_passkey_is_added_renamed_and_deleted(new_browser: Browsers, people: People) -> None:
    page = new_browser()
    authenticator = add_passkey(page, people, people.proven("Hari"))
    passkeys = page.get_by_role("region", name="Passkeys")
    line = passkeys.get_by_role("listitem")
    expect(line).to_contain_text("Chrome on Linux")
    expect(line).to_contain_text("not used yet")
    assert len(authenticator.credentials()) == 1
    new_browser.expect("FAILED|InvalidState")
    press(page, "Add a passkey")
    expect_alert(passkeys, "This device already has a passkey for your account.")

    press(passkeys, "Rename: Chrome on Linux")
    dialog = page.get_by_role("dialog", name="Rename the passkey")
    expect(dialog.get_by_label("Name")).to_be_focused()
    fill_in(dialog, Name="My laptop")
    press(dialog, "Save")
    expect(line).to_contain_text("My laptop")
    press(passkeys, "Delete: My laptop")
    expect_notice(passkeys, "Deleted: My laptop.")
    expect(line).to_have_count(0)
    assert spinner_in(passkeys) == "none", "an empty list does not look like one that is loaded"


def test_a_passkey_shows_what_made_it(new_browser: Browsers, people: People) -> None:
    """By the authenticator's id; that of Chromium's is in no list."""
    page = new_browser()

    def of_a_known_maker(route: Route) -> None:
        rows = route.fetch().json()
        route.fulfill(json=[row | {"aaguid": "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"} for row in rows])

    page.route("**/list-user-passkeys", of_a_known_maker)
    add_passkey(page, people, people.proven("Mia"))

    line = page.get_by_role("region", name="Passkeys").get_by_role("listitem")
    expect(line).to_contain_text("Google Password Manager · since")


def test_a_passkey_signs_in_without_a_password_and_without_a_code(
    new_browser: Browsers, people: People, service: Service
) -> None:
    idris, page = people.proven("Idris"), new_browser()
    authenticator = add_passkey(page, people, idris)
    turn_on(people, idris, service)
    authenticator.verify(verifies=False)
    page.context.clear_cookies()
    page.goto("/sign-in?callbackUrl=/account")
    press(page, "Continue with a passkey")
    expect_alert(page, "No passkey was used.")
    authenticator.verify(verifies=True)
    press(page, "Continue with a passkey")

    expect_signed_in_page(page, "Account")
    expect(page.get_by_role("region", name="Passkeys").get_by_role("listitem")).to_contain_text("used")


def test_the_address_field_suggests_passkeys(new_browser: Browsers, people: People) -> None:
    """The virtual authenticator takes the suggestion at once."""
    jana, page = people.proven("Jana"), new_browser()
    add_passkey(page, people, jana)
    page.context.clear_cookies()
    page.goto("/sign-in")
    expect(page.get_by_label("Email address")).to_have_attribute("autocomplete", "username webauthn")

    expect_signed_in_page(page, "Tasks")


def test_a_deleted_passkey_is_refused_with_a_reason(new_browser: Browsers, people: People) -> None:
    kira, page = people.proven("Kira"), new_browser()
    add_passkey(page, people, kira)
    press(page, "Delete: Chrome on Linux")
    expect_notice(page, "Deleted: Chrome on Linux.")
    page.context.clear_cookies()
    new_browser.expect("401 POST .*/verify-authentication")
    page.goto("/sign-in")

    expect_alert(page, "This passkey does not work here.")


def test_a_passkey_answers_the_question_who_is_there(new_browser: Browsers, people: People) -> None:
    """The session becomes fresh, or another one is opened, and the input is kept."""
    levi, page = people.proven("Levi"), new_browser()
    add_passkey(page, people, levi)
    page.goto("/tasks")
    expect_signed_in_page(page, "Tasks")
    people.end_session(page)
    new_browser.expect("401 (POST|GET) .*/api/")
    fill(page.get_by_label("New task"), "Buy milk")
    press(page, "Add")
    press(page.get_by_role("dialog"), "Continue with a passkey")

    expect(page.get_by_role("list", name="Tasks").get_by_text("Buy milk")).to_be_visible()


def test_without_passkeys_in_the_browser_nothing_is_offered(new_browser: Browsers, people: People) -> None:
    page = new_browser()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/sign-in")
    expect_page(page, "Sign in")
    expect(page.get_by_role("button", name="Continue with a passkey")).to_be_hidden()
    people.start_session(page, people["Ann"])
    page.goto("/account")
    expect_signed_in_page(page, "Account")

    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
