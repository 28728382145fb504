"""What people do on pages, by what they can see and hear: roles and labels."""

from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PASSWORD, Person

SCANNER = {"user-agent": "LinkScanner/1.0", "accept": "text/html,*/*"}


def fill_in(within: Page | Locator, **fields: str) -> None:
    """Type into fields by their labels: `fill_in(page, email=…)` is `Email address`."""
    for name, text in fields.items():
        label = {"email": "Email address", "password": "Password", "again": "Repeat the new password"}.get(name, name)
        within.get_by_label(label, exact=True).fill(text)


def press(within: Page | Locator, name: str) -> None:
    """Click the button of that name."""
    within.get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, person: Person, path: str = "/sign-in") -> None:
    """Sign in on the page."""
    page.goto(path)
    fill_in(page, email=person.email, password=person.password)
    press(page, "Sign in")


def sees(page: Page, title: str) -> None:
    """The page of that title is there."""
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()


def works(page: Page, title: str) -> None:
    """A page for members is there, and knows who is."""
    page.locator("body[data-ready]").wait_for()
    sees(page, title)


def told(within: Page | Locator, sentence: str) -> None:
    """A notice says this, to those who cannot see it, too."""
    expect(within.get_by_role("status").filter(has_text=sentence)).to_be_visible()


def warned(within: Page | Locator, sentence: str) -> None:
    """An alarm says this."""
    expect(within.get_by_role("alert").filter(has_text=sentence)).to_be_visible()


def scanned(link: str, times: int = 5) -> None:
    """A mail scanner opens a link before its owner does."""
    for _ in range(times):
        with urlopen(Request(link, headers=SCANNER), timeout=10) as answer:  # noqa: S310 -- to ourselves
            assert answer.status == 200


def new_person(name: str) -> Person:
    """Somebody who has no account yet."""
    return Person(name=name, email=f"{name.lower()}@example.com", password=PASSWORD)
