"""The whole life of an account, by mouse and by keyboard; and several browsers of one person."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import Browsers
from tests.browser.page_actions import fill_in, new_person, press, scanned, sees, sign_in, told, warned, works
from tests.browser.people import People

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"

pytestmark = pytest.mark.browser


def _part(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def test_an_account_lives_by_mouse(new_browser: Browsers, people: People) -> None:
    """From signing up to leaving for good, by the mailed link that scanners opened first."""
    page, eve = new_browser(), new_person("Eve")
    page.goto("/")
    page.get_by_role("link", name="Create an account").click()
    fill_in(page, Name=eve.name, email=eve.email, password=eve.password)
    press(page, "Create an account")
    sees(page, "Check your email")
    link = people.link(eve.email)
    scanned(link)
    page.goto(link)
    press(page, "Confirm my email address")
    page.get_by_role("link", name="Continue").click()
    told(page, "Your email address is confirmed. You can sign in now.")
    fill_in(page, email=eve.email, password=eve.password)
    press(page, "Sign in")
    _lives_with_tasks(page)
    page.get_by_role("link", name="Account").click()
    works(page, "Account")
    you = _part(page, "Your profile")
    fill_in(you, Name="Eva")
    press(you, "Save")
    told(you, "Saved.")
    page.reload()
    expect(you.get_by_label("Name")).to_have_value("Eva")
    with page.expect_download() as download:
        press(_part(page, "Your data"), "Download")
    assert "eve@example.com" in download.value.path().read_text(encoding="utf-8")
    change = _part(page, "Change password")
    fill_in(change, **{"Current password": eve.password, "New password": "another horse battery"})
    press(change, "Change password")
    told(change, "Your password was changed.")
    leave = _part(page, "Delete account")
    leave.get_by_text("I want to delete my account").click()
    fill_in(leave, password="another horse battery")
    leave.get_by_label("Yes, delete everything").check()
    press(leave, "Delete my account")
    told(page, "Your account was deleted. Goodbye!")
    new_browser.expect("401 POST .*/sign-in/email")
    fill_in(page, email=eve.email, password="another horse battery")
    press(page, "Sign in")
    warned(page, "The email address or the password is wrong.")


def _lives_with_tasks(page: Page) -> None:
    tasks = page.get_by_role("list", name="Tasks").get_by_role("listitem")
    told(page, "No tasks yet.")
    for title in ("Buy milk", "Call Bob"):
        fill_in(page, **{"New task": title})
        press(page, "Add")
        expect(tasks.filter(has_text=title)).to_be_visible()
    page.get_by_role("checkbox", name="Buy milk").check()
    press(page, "Edit: Call Bob")
    dialog = page.get_by_role("dialog", name="Edit task")
    fill_in(dialog, Task="Call Rob")
    dialog.get_by_label("Priority").select_option("High")
    press(dialog, "Save")
    told(page, "Saved.")
    press(page, "Delete: Call Rob")
    expect(tasks).to_have_count(1)
    press(page, "Undo")
    expect(tasks).to_have_count(2)
    page.reload()
    expect(page.get_by_role("checkbox", name="Buy milk")).to_be_checked()
    expect(tasks.filter(has_text="Call Rob").filter(has_text="High")).to_be_visible()


def test_an_account_lives_by_keyboard(new_browser: Browsers, people: People) -> None:
    """No hand leaves the keyboard; whoever Tab leads to can be seen."""
    page, kim = new_browser(), new_person("Kim")
    hands = page.keyboard

    def typed(*texts: str) -> None:
        for text in texts:
            hands.type(text)
            hands.press("Tab")

    def tab_to(name: str, role: str = "button") -> Locator:
        for _ in range(30):
            focused = page.locator(":focus")
            if focused.and_(page.get_by_role(role, name=name)).count():  # type: ignore[arg-type] # one of its literals
                return focused
            hands.press("Tab")
        raise AssertionError(f"Tab does not lead to {name}")

    page.goto("/sign-up")
    expect(page.get_by_label("Name")).to_be_focused()
    typed(kim.name, kim.email)
    hands.type(kim.password)
    hands.press("Enter")
    sees(page, "Check your email")
    page.goto(people.link(kim.email))
    tab_to("Confirm my email address")
    hands.press("Enter")
    sees(page, "Thank you")
    tab_to("Continue", "link")
    hands.press("Enter")
    expect(page.get_by_label("Email address")).to_be_focused()
    typed(kim.email)
    hands.type(kim.password)
    hands.press("Enter")
    told(page, "No tasks yet.")
    hands.press("n")
    for title in ("Water the plants", "Sharpen a pencil"):
        hands.type(title)
        hands.press("Enter")
        expect(page.get_by_role("listitem").filter(has_text=title)).to_be_visible()
    tab_to("Sharpen a pencil", "checkbox")
    hands.press("Space")
    expect(page.get_by_role("checkbox", name="Sharpen a pencil")).to_be_checked()
    tab_to("Edit: Sharpen a pencil")
    hands.press("Enter")
    expect(page.get_by_label("Task", exact=True)).to_be_focused()
    hands.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    tab_to("Sign out")
    hands.press("Enter")
    told(page, "You are signed out.")


def test_a_session_that_ends_in_the_middle_of_an_edit_loses_nothing(new_browser: Browsers, people: People) -> None:
    """The page asks for the password, and goes on as if nothing had been."""
    page = new_browser()
    people.enter(page, people["Zoe"])
    page.goto("/tasks")
    told(page, "No tasks yet.")
    fill_in(page, **{"New task": "Write everything down"})
    page.get_by_role("group").filter(has=page.get_by_label("Description")).locator("summary").click()
    page.get_by_role("textbox", name="Description").fill("Three pages\nby Monday")
    people.end(page)
    new_browser.expect("401 ")
    press(page, "Add")
    dialog = page.get_by_role("dialog", name="Please sign in again")
    press(dialog, "Cancel")
    expect(page.get_by_label("New task")).to_have_value("Write everything down")
    press(page, "Add")
    fill_in(dialog, password=people["Zoe"].password)
    press(dialog, "Continue")
    expect(page.get_by_role("listitem").filter(has_text="Write everything down")).to_be_visible()
    page.reload()
    expect(page.get_by_role("listitem").filter(has_text="by Monday")).to_have_count(1)


def test_one_browser_signs_another_out(new_browser: Browsers, people: People) -> None:
    """Which then asks for the password, and loses nothing that was typed there."""
    here, there = new_browser(), new_browser(user_agent=FIREFOX)
    for page in (here, there):
        sign_in(page, people["Tom"], "/sign-in?callbackUrl=/account")
        works(page, "Account")
    fill_in(_part(there, "Your profile"), Name="Thomas")
    here.reload()
    works(here, "Account")
    devices = _part(here, "Devices").get_by_role("listitem")
    expect(devices).to_have_count(2)
    devices.filter(has_text="Firefox").get_by_role("button").click()
    expect(devices).to_have_count(1)
    new_browser.expect("401 ")
    press(_part(there, "Your profile"), "Save")
    dialog = there.get_by_role("dialog", name="Please sign in again")
    fill_in(dialog, password="no horse")
    press(dialog, "Continue")
    warned(dialog, "The email address or the password is wrong.")
    fill_in(dialog, password=people["Tom"].password)
    press(dialog, "Continue")
    told(_part(there, "Your profile"), "Saved.")
    there.reload()
    expect(_part(there, "Your profile").get_by_label("Name")).to_have_value("Thomas")
