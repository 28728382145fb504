"""An account from sign-up to deletion, by mouse; and several browsers of one user."""

import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.browsers import Browsers
from tests.browser.page_actions import (
    expect_alert,
    expect_notice,
    expect_page,
    expect_signed_in_page,
    fill,
    fill_in,
    new_person,
    open_as_scanner,
    press,
    sign_in,
)
from tests.browser.people import People, Person
from tests.support.pictures import noise

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"

pytestmark = pytest.mark.browser


def _part(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


@pytest.mark.only_chromium("Playwright sees no download of a script's file in Firefox")
def test_the_life_of_an_account_by_mouse(new_browser: Browsers, people: People) -> None:
    """From sign-up, with a mailed link that a scanner opened first, to deletion."""
    page, eve = new_browser(), new_person("Eve")
    page.goto("/")
    page.get_by_role("link", name="Create an account").click()
    fill_in(page, Name=eve.name, email=eve.email, password=eve.password)
    press(page, "Create an account")
    expect_page(page, "Check your email")
    link = people.link(eve.email)
    open_as_scanner(link)
    page.goto(link)
    press(page, "Confirm my email address")
    page.get_by_role("link", name="Continue").click()
    expect_notice(page, "Your email address is confirmed. You can sign in now.")
    fill_in(page, email=eve.email, password=eve.password)
    press(page, "Sign in")
    _use_tasks(page)
    page.get_by_role("link", name="Account").click()
    expect_signed_in_page(page, "Account")
    you = _part(page, "Your profile")
    fill_in(you, Name="Eva")
    press(you, "Save")
    expect_notice(you, "Saved.")
    page.reload()
    expect(you.get_by_label("Name")).to_have_value("Eva")
    _set_a_picture(page, you)
    with page.expect_download() as download:
        press(_part(page, "Your data"), "Download")
    assert "eve@example.com" in download.value.path().read_text(encoding="utf-8")
    change = _part(page, "Change password")
    fill_in(change, **{"Current password": eve.password, "New password": "another horse battery"})
    press(change, "Change password")
    expect_notice(change, "Your password was changed.")
    deletion = _part(page, "Delete account")
    deletion.get_by_text("I want to delete my account").click()
    fill_in(deletion, password="another horse battery")
    deletion.get_by_label("Yes, delete everything").check()
    press(deletion, "Delete my account")
    expect_notice(page, "Your account was deleted. Goodbye!")
    new_browser.expect("401 POST .*/sign-in/email")
    fill_in(page, email=eve.email, password="another horse battery")
    press(page, "Sign in")
    expect_alert(page, "The email address or the password is wrong.")


def _set_a_picture(page: Page, you: Locator) -> None:
    picture = you.get_by_role("img", name="Your picture")
    file = FilePayload(name="eva.png", mimeType="image/png", buffer=noise(200))
    you.locator("[data-file]").set_input_files(file)
    expect_notice(you, "Saved.")
    page.reload()
    expect(picture).to_have_attribute("src", re.compile(r"/api/auth/picture/[\w-]{36}/[\w-]{22}"))
    assert picture.evaluate("async (image) => (await image.decode(), image.naturalWidth)") == 128
    press(you, "Remove the picture")
    expect_notice(you, "Saved.")
    expect(picture).to_be_hidden()


def _use_tasks(page: Page) -> None:
    tasks = page.get_by_role("list", name="Tasks").get_by_role("listitem")
    expect_notice(page, "No tasks yet.")
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
    expect_notice(page, "Saved.")
    press(page, "Delete: Call Rob")
    expect(tasks).to_have_count(1)
    press(page, "Undo")
    expect(tasks).to_have_count(2)
    page.reload()
    expect(page.get_by_role("checkbox", name="Buy milk")).to_be_checked()
    expect(tasks.filter(has_text="Call Rob").filter(has_text="High")).to_be_visible()


def test_input_survives_the_end_of_the_session(new_browser: Browsers, people: People) -> None:
    """The page asks for the password, and then completes the submission."""
    page = new_browser()
    people.start_session(page, people["Zoe"])
    page.goto("/tasks")
    expect_notice(page, "No tasks yet.")
    fill_in(page, **{"New task": "Write everything down"})
    page.get_by_role("group").filter(has=page.get_by_label("Description")).locator("summary").click()
    fill(page.get_by_role("textbox", name="Description"), "Three pages\nby Monday")
    people.end_session(page)
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


def test_one_browser_ends_the_session_of_another(new_browser: Browsers, people: People) -> None:
    """The other then asks for the password, and keeps the input."""
    first, second = new_browser(), new_browser(user_agent=FIREFOX)
    for page in (first, second):
        sign_in(page, people["Tom"], "/sign-in?callbackUrl=/account")
        expect_signed_in_page(page, "Account")
    fill_in(_part(second, "Your profile"), Name="Thomas")
    first.reload()
    expect_signed_in_page(first, "Account")
    devices = _part(first, "Devices").get_by_role("listitem")
    expect(devices).to_have_count(2)
    devices.filter(has_text="Firefox").get_by_role("button").click()
    expect(devices).to_have_count(1)
    new_browser.expect("401 ")
    press(_part(second, "Your profile"), "Save")
    dialog = second.get_by_role("dialog", name="Please sign in again")
    fill_in(dialog, password="no horse")
    press(dialog, "Continue")
    expect_alert(dialog, "The email address or the password is wrong.")
    fill_in(dialog, password=people["Tom"].password)
    press(dialog, "Continue")
    expect_notice(_part(second, "Your profile"), "Saved.")
    second.reload()
    expect(_part(second, "Your profile").get_by_label("Name")).to_have_value("Thomas")


def test_the_old_address_undoes_a_change_of_address(new_browser: Browsers, people: People) -> None:
    """Opening the link changes nothing; afterwards the old address sets a new password."""
    page, lee = new_browser(), people["Lee"]
    people.start_session(page, lee)
    page.goto("/account")
    expect_signed_in_page(page, "Account")
    seen = people.mails(lee.email)
    form = page.locator("[data-form=change-email]")
    fill(form.get_by_role("textbox"), "other-lee@example.com")
    form.get_by_role("button").click()
    for email, old in ((lee.email, seen), ("other-lee@example.com", 0)):
        page.goto(people.link(email, old))
        press(page, "Confirm my email address")
        expect_page(page, "Thank you")
    link = people.link(lee.email, seen + 1)
    open_as_scanner(link)

    page.goto(link)
    expect_page(page, "Undo the change of your email address")
    press(page, "Undo the change")

    expect_notice(page, "Your account uses this email address again")
    assert "token" not in page.url
    page.goto(people.link(lee.email, seen + 2))
    fill_in(page, **{"New password": "battery of horses", "again": "battery of horses"})
    press(page, "Save password")
    page.wait_for_url("**/sign-in?*")
    sign_in(page, Person(name=lee.name, email=lee.email, password="battery of horses"))
    expect_signed_in_page(page, "Tasks")


@pytest.mark.only_chromium("Playwright sees no download of a script's file in Firefox")
def test_all_tasks_are_downloaded_as_one_table_for_excel(new_browser: Browsers, people: People) -> None:
    """The file begins with a byte order mark, also when it has several pages."""
    page, ann = new_browser(), people["Ann"]
    people.call(ann, "POST", "/api/tasks", {"title": "Ärger =1;=2"})
    sign_in(page, ann)
    expect_signed_in_page(page, "Tasks")

    with page.expect_download() as download:
        press(page, "Export as CSV")
    assert download.value.suggested_filename == "tasks.csv"
    content = download.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbfid,title,")
    assert "Ärger =1;'=2," in content.decode("utf-8-sig")
    expect_notice(page, "The file was downloaded.")

    table, next_page = content[: content.index(b"\r\n") + 2], "</api/tasks/export?cursor=x>; rel=next"
    headers = {"content-type": "text/csv; charset=utf-8"}
    page.route(
        "**/api/tasks/export?format*", lambda route: route.fulfill(body=table, headers=headers | {"link": next_page})
    )
    page.route("**/api/tasks/export?cursor=x", lambda route: route.fulfill(body="2,b\r\n", headers=headers))
    with page.expect_download() as download:
        press(page, "Export as CSV")
    assert download.value.path().read_bytes() == table + b"2,b\r\n"
