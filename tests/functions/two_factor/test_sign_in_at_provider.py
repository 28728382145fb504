"""A sign-in at a provider that waits for the second factor: the page that it leads to, and who gets the challenge."""

from collections.abc import Callable

import pytest

from tests.functions.auth.test_expo_authorization_proxy import HOME, App, link_of
from tests.support.calls import Api
from tests.support.oauth_flow import OAuthFlow
from tests.support.two_factor import CHALLENGE, VERIFY_TOTP, Enrolled, cookie_of, give

ORIGIN = {"origin": "https://app.example.com"}
TARGET = "https://app.example.com/tasks"
ASKED = {"twoFactorRedirect": "true", "twoFactorMethods": "totp"}


@pytest.mark.parametrize(
    ("hosted", "expected"),
    [
        ("true", ("https://api.example.com/two-factor", ASKED | {"callbackURL": TARGET})),
        ("false", (TARGET, ASKED)),
    ],
)
def test_a_browser_is_led_to_the_page_that_asks_and_keeps_the_challenge_in_a_cookie(  # noqa: PLR0917 -- four fixtures
    call: Api,
    later: Enrolled,
    oauth_flow: OAuthFlow,
    settings: Callable[..., None],
    hosted: str,
    expected: tuple[str, dict[str, str]],
) -> None:
    settings(hosted_pages=hosted, frontend_url="https://app.example.com")

    waiting = oauth_flow.complete(oauth_flow.begin(callbackURL=TARGET))

    assert link_of(waiting) == expected
    cookies = [cookie_of(waiting, CHALLENGE)]
    done = call(VERIFY_TOTP, cookies=cookies, headers=ORIGIN, json={"code": later.app.code()})
    assert (done.status, done.json["user"]["id"]) == (200, later.id)


def test_an_app_gets_the_challenge_at_its_link(
    call: Api, later: Enrolled, oauth_flow: OAuthFlow, settings: Callable[..., None]
) -> None:
    settings(trusted_origins="myapp://")

    waiting = App(call, oauth_flow).sign_in()

    page, query = link_of(waiting)
    token = query.pop("two_factor_token")
    assert (page, query, cookie_of(waiting, CHALLENGE)) == (HOME, ASKED, "")
    assert give(call, VERIFY_TOTP, token, later.app.code()).status == 200
