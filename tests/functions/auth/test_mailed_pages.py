"""Which pages mailed links open: the hosted ones, unless a frontend has pages of its own."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.auth_calls import sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.mailed_links import OPENED
from tests.support.people import People, Person

OURS, FRONTEND = "https://api.example.com", "https://www.example.com/app"
CASES = {
    "no frontend": ({}, OURS, OURS, f"{OURS}/"),
    "a frontend, by its URL alone": ({"frontend_url": f"{FRONTEND}/"}, OURS, OURS, f"{FRONTEND}/"),
    "pages of its own": ({"frontend_url": FRONTEND, "frontend_links": "true"}, FRONTEND, OURS, f"{FRONTEND}/"),
    "no hosted pages": ({"frontend_url": FRONTEND, "hosted_pages": "false"}, FRONTEND, FRONTEND, f"{FRONTEND}/"),
}
"""The settings, the site of the pages that verify and reset, that of the others, and where notices lead."""

in_every_case = pytest.mark.parametrize(("changed", "forms", "others", "home"), CASES.values(), ids=CASES)


@pytest.fixture
def ann(people: People) -> Person:
    """A signed-in user."""
    return people.signed_in("ann")


def page_of(link: str) -> str:
    """Return a link without its query."""
    return link.partition("?")[0]


@in_every_case
def test_the_pages_of_mailed_links(  # noqa: PLR0917 -- four fixtures and four columns
    call: Api,
    mailbox: Mailbox,
    ann: Person,
    settings: Callable[..., None],
    changed: dict[str, str],
    forms: str,
    others: str,
    home: str,
) -> None:
    settings(**changed)

    sign_up(call, "bob@example.com")
    call("POST /api/auth/change-email", bearer=ann.token, json={"newEmail": "new@example.com"})
    confirming = mailbox.to(ann.email)[-1].link
    call("POST /api/auth/verify-email", bearer=ann.token, json={"token": mailbox.to(ann.email)[-1].token})
    changing = mailbox.to("new@example.com")[-1]
    call("POST /api/auth/verify-email", bearer=ann.token, json={"token": changing.token})
    undoing = mailbox.to(ann.email)[-1].link
    call("POST /api/auth/request-password-reset", json={"email": "new@example.com"})
    resetting = mailbox.to("new@example.com")[-1].link
    sign_up(call, "new@example.com")

    verifying = [mailbox.to("bob@example.com")[-1].link, confirming, changing.link]
    assert [page_of(link) for link in verifying] == [f"{forms}/verify-email"] * 3
    assert page_of(resetting) == f"{forms}/reset-password"
    assert page_of(undoing) == f"{others}/undo-email-change"
    assert mailbox.to("new@example.com")[-1].link == home


@in_every_case
def test_the_pages_of_links_through_the_api(  # noqa: PLR0917 -- two fixtures and four columns
    call: Api, settings: Callable[..., None], changed: dict[str, str], forms: str, others: str, home: str
) -> None:
    assert home
    settings(**changed)
    opened = {"headers": OPENED["navigation"]}

    for route, query, page in (
        ("GET /api/auth/verify-email", {"token": "x"}, f"{forms}/verify-email?token=x"),
        ("GET /api/auth/delete-user/callback", {"token": "x"}, f"{others}/delete-account?token=x"),
        ("GET /api/auth/unsubscribe", {"token": "x"}, f"{others}/unsubscribe?token=x"),
    ):
        assert call(route, query=query, **opened).headers["location"] == page
    reset = call("GET /api/auth/reset-password/{token}", token="x", query={"callbackURL": ""}, **opened)
    assert reset.headers["location"] == f"{forms}/reset-password?error=INVALID_TOKEN"


def test_a_page_of_the_frontend_gets_the_target_as_a_url(
    call: Api, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    settings(frontend_url=FRONTEND, frontend_links="true")
    body = {"email": "bob@example.com", "password": "correct horse battery", "callbackURL": "/home?a=1"}
    call("POST /api/auth/sign-up/email", json=body)

    link = urlsplit(mailbox.last.link)
    opened = call("GET /api/auth/verify-email", query=link.query, headers=OPENED["navigation"]).headers["location"]

    assert parse_qs(link.query)["callbackURL"] == ["https://www.example.com/home?a=1"]
    assert opened == f"{FRONTEND}/verify-email?{link.query}"
