"""Pages of mailed links that end something: an account, and task reminders. Opening a link changes nothing."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import Browsers
from tests.browser.page_actions import (
    expect_alert,
    expect_notice,
    expect_page,
    expect_signed_in_page,
    fill_in,
    open_as_scanner,
    press,
    sign_in,
)
from tests.browser.people import People
from tests.support.service import Service, running_service

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mailing_service() -> Iterator[Service]:
    """A service that confirms deletion by mail."""
    with running_service(delete_user_by_mail="true") as service:
        yield service


@pytest.fixture
def mailing(chromium: Browser, mailing_service: Service) -> Iterator[Browsers]:
    """New browsers there."""
    browsers = Browsers(chromium, mailing_service.url)
    yield browsers
    browsers.close()
    assert browsers.problems() == []


def request_deletion(page: Page, people: People, name: str) -> str:
    """Sign in, request to be deleted, and return the mailed link."""
    person = people[name]
    seen = people.mails(person.email)
    sign_in(page, person, "/sign-in?callbackUrl=/account")
    expect_signed_in_page(page, "Account")
    deletion = page.get_by_role("region", name="Delete account", exact=True)
    deletion.get_by_text("I want to delete my account").click()
    fill_in(deletion, password=person.password)
    deletion.get_by_label("Yes, delete everything").check()
    press(deletion, "Delete my account")
    expect_notice(deletion, "One more step: open the link")
    return people.link(person.email, seen)


def test_the_mailed_link_leads_to_a_page_that_deletes_at_a_click(mailing: Browsers, mailing_service: Service) -> None:
    page, people = mailing(), People(mailing_service)
    link = request_deletion(page, people, "Eve")
    open_as_scanner(link)
    prefetch = f"() => fetch({link!r}, {{mode: 'no-cors', redirect: 'manual'}}).then(() => 0)"
    page.goto("/tasks")
    page.evaluate(prefetch)
    page.goto(link)
    expect_signed_in_page(page, "Delete your account")
    expect(page.get_by_text("eve@example.com")).to_be_visible()
    press(page, "Delete my account")
    expect_notice(page, "Your account was deleted. Goodbye!")


def test_whoever_is_not_signed_in_signs_in_first(mailing: Browsers, mailing_service: Service) -> None:
    page, other, people = mailing(), mailing(), People(mailing_service)
    link = request_deletion(page, people, "Fay")
    other.goto(link)
    expect_page(other, "Sign in")
    fill_in(other, email="fay@example.com", password=people["Fay"].password)
    press(other, "Sign in")
    expect_signed_in_page(other, "Delete your account")
    press(other, "Delete my account")
    expect_notice(other, "Your account was deleted. Goodbye!")


def test_another_users_link_is_refused(mailing: Browsers, mailing_service: Service) -> None:
    page, other, people = mailing(), mailing(), People(mailing_service)
    link = request_deletion(page, people, "Gil")
    people.start_session(other, people["Hal"])
    other.goto(link)
    expect_signed_in_page(other, "Delete your account")
    mailing.expect("404 POST .*/delete-user")
    press(other, "Delete my account")
    expect_alert(other, "This link is no longer valid, or it belongs to another account.")
    page.goto("/account")
    expect_signed_in_page(page, "Account")


def test_a_german_reader_is_asked_in_german(mailing: Browsers) -> None:
    page = mailing(locale="de-DE")
    page.goto("/unsubscribe?token=x")
    expect_page(page, "Aufgaben-Erinnerungen ausschalten")
    expect(page.get_by_role("button", name="Erinnerungen ausschalten")).to_be_visible()


def test_the_link_of_a_digest_asks_and_turns_reminders_off(new_browser: Browsers, people: People) -> None:
    """Without a session."""
    page = new_browser()
    page.goto(f"/api/auth/unsubscribe?{urlencode({'token': 'x' * 60})}")
    expect_page(page, "Turn off task reminders")
    new_browser.expect("400 POST .*/unsubscribe")
    press(page, "Turn off reminders")
    expect_alert(page, "This link is no longer valid, or it belongs to another account.")
    page.goto("/unsubscribe")
    expect_alert(page, "This link is incomplete.")
    ida = people["Ida"]
    page.goto(people.unsubscribe_link(ida))
    press(page, "Turn off reminders")
    expect_notice(page, "Task reminders are off.")
    sign_in(page, ida, "/sign-in?callbackUrl=/account")
    expect_signed_in_page(page, "Account")
    expect(page.get_by_label("Send me an email in the morning when tasks are due")).not_to_be_checked()
