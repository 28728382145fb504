"""Actions and expectations on pages in any browser, by roles and labels."""

from urllib.request import Request, urlopen

from playwright import sync_api as playwright

from tests.browser import webkit
from tests.browser.people import PASSWORD, People, Person

type Page = playwright.Page | webkit.Page
type Locator = playwright.Locator | webkit.Locator

SCANNER = {"user-agent": "LinkScanner/1.0", "accept": "text/html,*/*"}


def fill_in(within: Page | Locator, **fields: str) -> None:
    """Type into fields by label: `fill_in(page, Name="Ann")`. `email`, `password` and `again` are abbreviations."""
    for name, text in fields.items():
        label = {"email": "Email address", "password": "Password", "again": "Repeat the new password"}.get(name, name)
        fill(within.get_by_label(label, exact=True), text)


def fill(field: Locator, text: str) -> None:
    """Replace the text of a field.

    In Firefox it is typed: Playwright's `fill` sets it by script there, which adds to the text of an email field, and
    which React does not notice.
    """
    if isinstance(field, playwright.Locator) and is_firefox(field.page):
        field.press("ControlOrMeta+A")
        field.press("Delete")
        field.press_sequentially(text)
    else:
        field.fill(text)


def is_firefox(page: playwright.Page) -> bool:
    """Whether the browser is Firefox."""
    browser = page.context.browser
    return browser is not None and browser.browser_type.name == "firefox"


def spinner_in(part: playwright.Locator) -> str:
    """Return what is shown for a list that is being loaded: `none`, or something else."""
    mark: str = part.get_by_role("list").evaluate("list => getComputedStyle(list, '::before').content")
    return mark


def press(within: Page | Locator, name: str) -> None:
    """Click the button with this name."""
    within.get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, person: Person, path: str = "/sign-in") -> None:
    """Sign in on the page."""
    page.goto(path)
    fill_in(page, email=person.email, password=person.password)
    press(page, "Sign in")


def sign_up(page: Page, people: People, name: str) -> None:
    """Sign up on the page, and confirm the address with the mailed link."""
    email = f"{name.lower()}@example.com"
    page.goto("/sign-up")
    fill_in(page, Name=name, email=email, password="battery of horses")
    press(page, "Create an account")
    expect_page(page, "Check your email")
    page.goto(people.link(email))
    press(page, "Confirm my email address")
    expect_page(page, "Thank you")


def expect_page(page: Page, title: str) -> None:
    """Expect the page with this title."""
    page.get_by_role("heading", level=1, name=title, exact=True).wait_for()


def expect_signed_in_page(page: Page, title: str) -> None:
    """Expect the page with this title, with the user's data loaded."""
    page.locator("body[data-ready]").wait_for()
    expect_page(page, title)


def expect_second_step(page: Page) -> None:
    """Expect the page that asks for the second factor."""
    expect_page(page, "Enter your code")


def expect_notice(within: Page | Locator, sentence: str) -> None:
    """Expect a notice with this text, also for screen readers."""
    within.get_by_role("status").filter(has_text=sentence).wait_for()


def expect_alert(within: Page | Locator, sentence: str) -> None:
    """Expect an alert with this text."""
    within.get_by_role("alert").filter(has_text=sentence).wait_for()


def open_as_scanner(link: str, times: int = 5) -> None:
    """Open a link as a mail scanner does."""
    for _ in range(times):
        with urlopen(Request(link, headers=SCANNER), timeout=10) as response:  # noqa: S310 -- a local URL
            assert response.status == 200


def new_person(name: str) -> Person:
    """Return a user who has no account yet."""
    return Person(name=name, email=f"{name.lower()}@example.com", password=PASSWORD)
