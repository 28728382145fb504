"""Pages of mailed links, and where they lead: also to a frontend without cookies. Opening a link changes nothing."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsers import Browsers
from tests.browser.page_actions import (
    expect_alert,
    expect_notice,
    expect_page,
    expect_signed_in_page,
    fill_in,
    new_person,
    open_as_scanner,
    press,
    sign_in,
)
from tests.browser.people import PASSWORD, People
from tests.support.service import Service, running_service

pytestmark = pytest.mark.browser


FRONTEND = "https://shop.example"


@pytest.fixture(scope="module")
def mailing_service(template: str) -> Iterator[Service]:
    """A service that confirms deletion by mail, with a frontend on another site."""
    with running_service(template=template, delete_user_by_mail="true", frontend_url=f"{FRONTEND}/home") as service:
        yield service


@pytest.fixture
def mailing(browser: Browser, mailing_service: Service) -> Iterator[Browsers]:
    """New browsers there, which reach the frontend, too."""
    browsers = Browsers(browser, mailing_service.url)
    browsers.route(f"{FRONTEND}/**", lambda route: route.fulfill(content_type="text/html", body="<h1>Shop</h1>"))
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


def test_a_user_of_a_frontend_without_cookies_deletes_and_lands_there(
    mailing: Browsers, mailing_service: Service
) -> None:
    """The page asks to sign in at the service. A path is the frontend's, and without one it is the frontend's home."""
    people = People(mailing_service)
    for name, body, end in (("Ivy", {"callbackURL": "/bye?a=1"}, "/bye?a=1"), ("Jon", {}, "/home")):
        seen, page = people.mails(people[name].email), mailing()
        people.call(people[name], "POST", "/api/auth/delete-user", body)
        page.goto(people.link(people[name].email, seen))
        fill_in(page, email=people[name].email, password=people[name].password)
        press(page, "Sign in")
        expect_signed_in_page(page, "Delete your account")
        press(page, "Delete my account")
        page.wait_for_url(FRONTEND + end)


def test_a_confirmed_address_and_a_new_password_lead_to_the_frontend(
    mailing: Browsers, mailing_service: Service
) -> None:
    """Without a session at the service, and without its sign-in page."""
    page, people = mailing(), People(mailing_service)
    body = {"email": "kay@example.com", "password": PASSWORD, "name": "Kay", "callbackURL": "/welcome"}
    assert page.request.post("/api/auth/sign-up/email", data=body, headers={"origin": FRONTEND}).ok
    page.goto(people.link("kay@example.com"))
    press(page, "Confirm my email address")
    expect_page(page, "Thank you")
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url(f"{FRONTEND}/welcome")

    assert page.request.post("/api/auth/request-password-reset", data={"email": "kay@example.com"}).ok
    page.goto(people.link("kay@example.com", seen=1))
    fill_in(page, **{"New password": "another horse battery", "again": "another horse battery"})
    press(page, "Save password")
    expect_notice(page, "Your password was changed.")
    assert "token" not in page.url
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url(f"{FRONTEND}/home")


def test_who_signed_up_at_the_service_signs_in_there_and_then_lands_at_the_frontend(
    mailing: Browsers, mailing_service: Service
) -> None:
    page, people, lea = mailing(), People(mailing_service), new_person("Lea")
    page.goto(f"/sign-up?callbackUrl={FRONTEND}/cart")
    fill_in(page, Name=lea.name, email=lea.email, password=lea.password)
    press(page, "Create an account")
    expect_page(page, "Check your email")
    page.goto(people.link(lea.email))
    press(page, "Confirm my email address")
    page.get_by_role("link", name="Continue").click()
    expect_notice(page, "Your email address is confirmed. You can sign in now.")
    fill_in(page, email=lea.email, password=lea.password)
    press(page, "Sign in")
    page.wait_for_url(f"{FRONTEND}/cart")


def test_the_error_page_says_that_a_cookie_is_missing_and_leads_back(mailing: Browsers) -> None:
    page = mailing()
    page.goto(
        f"/api/auth/error?error=state_mismatch&error_description=state_cookie_missing&callbackURL={FRONTEND}/a?b=c"
    )
    expect(page.get_by_text("Your browser did not send the cookie")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    page.wait_for_url(f"{FRONTEND}/a?b=c&error=state_mismatch")


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
