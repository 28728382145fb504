"""The pages by keyboard alone: all controls are reached with Tab, and the focus goes where the work goes on."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.browsers import Browsers
from tests.browser.page_actions import expect_notice, expect_page, expect_signed_in_page, new_person
from tests.browser.people import People
from tests.browser.second_factors import AuthenticatorApp
from tests.support.service import Service

pytestmark = pytest.mark.browser


def tab_to(page: Page, name: str, role: str = "button", key: str = "Tab") -> None:
    """Press a key, which may be `Shift+Tab`, until a control has the focus."""
    tab_into(page, page.get_by_role(role, name=name), key)  # type: ignore[arg-type] # one of its literals


def tab_into(page: Page, control: Locator, key: str = "Tab") -> None:
    """Press a key until this control, or one of these, has the focus."""
    for _ in range(60):
        if page.locator(":focus").and_(control).count():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {control}")


def test_the_life_of_an_account_by_keyboard(new_browser: Browsers, people: People) -> None:
    """All controls are reached with Tab, and the focus is visible."""
    page, kim = new_browser(), new_person("Kim")
    keyboard = page.keyboard

    def type_fields(*texts: str) -> None:
        for text in texts:
            keyboard.type(text)
            keyboard.press("Tab")

    page.goto("/sign-up")
    expect(page.get_by_label("Name")).to_be_focused()
    type_fields(kim.name, kim.email)
    keyboard.type(kim.password)
    keyboard.press("Enter")
    expect_page(page, "Check your email")
    page.goto(people.link(kim.email))
    tab_to(page, "Confirm my email address")
    keyboard.press("Enter")
    expect_page(page, "Thank you")
    tab_to(page, "Continue", "link")
    keyboard.press("Enter")
    expect(page.get_by_label("Email address")).to_be_focused()
    type_fields(kim.email)
    keyboard.type(kim.password)
    keyboard.press("Enter")
    expect_notice(page, "No tasks yet.")
    keyboard.press("n")
    for title in ("Water the plants", "Sharpen a pencil"):
        keyboard.type(title)
        keyboard.press("Enter")
        expect(page.get_by_role("listitem").filter(has_text=title)).to_be_visible()
    tab_to(page, "Sharpen a pencil", "checkbox")
    keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Sharpen a pencil")).to_be_checked()
    tab_to(page, "Edit: Sharpen a pencil")
    keyboard.press("Enter")
    expect(page.get_by_label("Task", exact=True)).to_be_focused()
    keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("checkbox", name="Sharpen a pencil")).to_be_checked()
    tab_to(page, "Sign out")
    keyboard.press("Enter")
    expect_notice(page, "You are signed out.")


def test_the_second_factor_by_keyboard(new_browser: Browsers, people: People, service: Service) -> None:
    page, lou = new_browser(), people["Lou"]
    keyboard = page.keyboard
    people.start_session(page, lou)
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    tab_into(page, page.locator("#turn-on-password"))
    keyboard.type(lou.password)
    keyboard.press("Enter")
    expect(page.get_by_role("region", name="Second factor").get_by_label("Code", exact=True)).to_be_focused()
    app = AuthenticatorApp(page.locator("[data-secret]").inner_text().replace(" ", ""), service)
    keyboard.type(app.code())
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your backup codes")).to_be_focused()
    code = page.get_by_role("list", name="Your backup codes").get_by_role("listitem").first.inner_text()
    tab_to(page, "I have kept them")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second factor")).to_be_focused()
    tab_to(page, "Sign out", key="Shift+Tab")  # after the last control Firefox's own buttons follow
    keyboard.press("Enter")
    expect_notice(page, "You are signed out.")

    tab_to(page, "Email address", "textbox")
    keyboard.type(lou.email)
    keyboard.press("Tab")
    keyboard.type(lou.password)
    keyboard.press("Enter")
    expect_page(page, "Enter your code")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    tab_to(page, "Use a backup code")
    keyboard.press("Enter")
    expect(page.get_by_label("Backup code")).to_be_focused()
    keyboard.type(code)
    tab_to(page, "Trust this device", "checkbox")
    keyboard.press("Space")
    tab_to(page, "Continue")
    keyboard.press("Enter")
    expect_signed_in_page(page, "Tasks")
