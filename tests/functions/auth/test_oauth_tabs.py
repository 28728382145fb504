"""Sign-ins at a provider in several tabs of one browser, and the way back in a browser that is signed in meanwhile."""

from collections.abc import Callable

import pytest

from tests.support.calls import Api, Response
from tests.support.oauth_flow import LINK, Authorization, OAuthFlow, error_of, token_of
from tests.support.people import People
from tests.support.provider import Provider

STATE = "__Secure-better-auth.state"
ALIAS = "GET /api/auth/oauth/google/callback"
TABS = 10
SITE = "https://app.example.com"


def state_cookie(response: Response) -> str:
    """Return the state cookie that a response sets, empty when it clears it."""
    (line,) = (line for line in response.cookies if line.startswith(f"{STATE}="))
    cookie = line.partition(";")[0]
    return "" if cookie == f"{STATE}=" else cookie


def begin_in_tabs(flow: OAuthFlow, tabs: int) -> list[Authorization]:
    """Begin a sign-in in each tab of one browser; the last has the browser's cookie."""
    begun: list[Authorization] = []
    for number in range(tabs):
        begun.append(flow.begin(cookie=begun[-1].cookie if begun else None, callbackURL=f"{SITE}/{number}"))
    return begun


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_every_tab_signs_in_whichever_comes_back_first(oauth_flow: OAuthFlow, order: list[int]) -> None:
    tabs = begin_in_tabs(oauth_flow, 3)
    cookie = tabs[-1].cookie

    for number in order:
        code = oauth_flow.provider.authorize(tabs[number].url)
        response = oauth_flow.callback(tabs[number], code=code, cookie=cookie)
        assert (error_of(response), response.headers["location"]) == (None, f"{SITE}/{number}")
        cookie = state_cookie(response)

    assert cookie == ""


def test_the_newest_ten_are_kept_and_the_cookie_stays_small(oauth_flow: OAuthFlow) -> None:
    tabs = begin_in_tabs(oauth_flow, TABS + 2)
    cookie = tabs[-1].cookie

    outcomes = [error_of(oauth_flow.callback(tab, error="access_denied", cookie=cookie)) for tab in tabs]

    assert outcomes == ["state_mismatch"] * 2 + ["access_denied"] * TABS
    assert len(cookie) < 512


def test_a_refused_or_failed_sign_in_leaves_those_of_other_tabs(oauth_flow: OAuthFlow) -> None:
    first, second = begin_in_tabs(oauth_flow, 2)

    refused = oauth_flow.callback(first, error="access_denied", cookie=second.cookie)
    code = oauth_flow.provider.authorize(second.url)

    assert error_of(refused) == "access_denied"
    assert token_of(oauth_flow.callback(second, code=code, cookie=state_cookie(refused)))


def test_a_used_state_cannot_be_used_again_though_the_browser_still_has_it(oauth_flow: OAuthFlow) -> None:
    """A cookie that was copied, or set again by a slower response."""
    first, second = begin_in_tabs(oauth_flow, 2)
    code = oauth_flow.provider.authorize(first.url)
    assert token_of(oauth_flow.callback(first, code=code, cookie=second.cookie))

    assert error_of(oauth_flow.callback(first, code=code, cookie=second.cookie)) == "state_mismatch"
    assert len(oauth_flow.provider.requests("/token")) == 1


def test_states_are_not_joined_by_anybody_but_us(oauth_flow: OAuthFlow) -> None:
    """The signature is over all of them: a browser cannot add an attacker's state to its own."""
    ours, attackers = oauth_flow.begin(), oauth_flow.begin()
    value, other = ours.cookie.partition("=")[2], attackers.cookie.partition("=")[2]
    (state, _, signature), foreign = value.partition("."), other.partition(".")[0]

    for forged in (f"{foreign}~{state}.{signature}", f"{state}~{foreign}.{signature}", f"{foreign}~{value}"):
        code = oauth_flow.provider.authorize(attackers.url)
        assert error_of(oauth_flow.callback(attackers, code=code, cookie=f"{STATE}={forged}")) == "state_mismatch"
    assert oauth_flow.provider.received == []


# -- The state is checked before it is used up --------------------------------------------------


def test_an_attempt_in_another_browser_does_not_use_the_state_up(oauth_flow: OAuthFlow) -> None:
    sent = oauth_flow.begin(errorCallbackURL="/sign-in")
    code = oauth_flow.provider.authorize(sent.url)

    for cookie, why in (("", "&error_description=state_cookie_missing"), (oauth_flow.begin().cookie, "")):
        response = oauth_flow.callback(sent, code=code, cookie=cookie)
        assert response.headers["location"] == f"/sign-in?error=state_mismatch{why}"

    assert token_of(oauth_flow.callback(sent, code=code))


def test_an_attempt_for_another_provider_does_not_use_the_state_up(
    call: Api, oauth_flow: OAuthFlow, oidc: Provider
) -> None:
    sent = oauth_flow.begin()
    code = oauth_flow.provider.authorize(sent.url)

    elsewhere = OAuthFlow(call, oidc, "oidc").callback(sent, code=code)

    assert (error_of(elsewhere), elsewhere.cookies) == ("state_mismatch", [])
    assert token_of(oauth_flow.callback(sent, code=code))


def test_who_comes_back_without_the_cookie_is_told_only_while_the_state_waits_for_it(oauth_flow: OAuthFlow) -> None:
    """A browser that drops it, another one, or after five minutes; not after the state was used."""
    sent = oauth_flow.begin()
    code = oauth_flow.provider.authorize(sent.url)
    error = "https://api.example.com/api/auth/error?error=state_mismatch"

    assert oauth_flow.callback(sent, code=code, cookie="theme=dark").headers["location"] == (
        f"{error}&error_description=state_cookie_missing"
    )
    assert token_of(oauth_flow.callback(sent, code=code))
    assert oauth_flow.callback(sent, code=code, cookie="").headers["location"] == error


def test_the_alias_tells_it_in_the_details(call: Api, oauth_flow: OAuthFlow) -> None:
    sent = oauth_flow.begin()

    refused = [call(ALIAS, query={"state": state, "code": "x"}) for state in (sent.query["state"], "used")]

    assert [one.code for one in refused] == ["STATE_MISMATCH"] * 2
    assert [one.json.get("details") for one in refused] == [{"reason": "state_cookie_missing"}, None]


# -- Whoever is signed in meanwhile ------------------------------------------------------------


def come_back(flow: OAuthFlow, sent: Authorization, session: str, **query: str) -> Response:
    """Come back from the provider once more, with a session."""
    code = flow.provider.authorize(sent.url)
    return flow.callback(sent, cookie=session, code=code, **query)


@pytest.mark.parametrize(
    ("frontend", "home"), [("", "https://api.example.com"), ("https://www.example.com",) * 2], ids=["pages", "frontend"]
)
def test_who_goes_back_after_a_sign_in_is_led_on(
    call: Api, oauth_flow: OAuthFlow, settings: Callable[..., None], frontend: str, home: str
) -> None:
    """The session stays as it is, and the provider is not asked again."""
    settings(frontend_url=frontend)
    sent = oauth_flow.begin()
    signed_in = oauth_flow.complete(sent)

    response = come_back(oauth_flow, sent, signed_in.cookies[0].partition(";")[0])

    assert (response.status, response.headers["location"]) == (302, home)
    assert response.cookies == []
    assert "set-auth-token" not in response.headers
    assert len(oauth_flow.provider.requests("/token")) == 1
    assert len(call("GET /api/auth/list-sessions", bearer=token_of(signed_in)).json) == 1


def test_who_is_signed_in_meanwhile_is_led_where_the_lost_sign_in_would_have_led(
    oauth_flow: OAuthFlow, people: People
) -> None:
    """Two tabs that begin at the same time: the browser keeps the later of two cookies."""
    lost = oauth_flow.begin(callbackURL="/tasks", errorCallbackURL="/sign-in")

    assert come_back(oauth_flow, lost, people.signed_in().cookie).headers["location"] == "/tasks"


@pytest.mark.usefixtures("google")
def test_the_alias_leads_on_as_well(call: Api, people: People) -> None:
    response = call(ALIAS, query={"state": "used", "code": "x"}, cookies=[people.signed_in().cookie])

    assert (response.status, response.headers["location"]) == (302, "https://api.example.com")


def test_whoever_has_no_live_session_is_not_led_on(oauth_flow: OAuthFlow, call: Api, people: People) -> None:
    sent = oauth_flow.begin()
    oauth_flow.complete(sent)
    eve, bob = people.signed_in("eve"), people.signed_in("bob")
    assert call("POST /api/auth/sign-out", bearer=eve.token).status == 200

    for cookie in ("", eve.cookie, bob.cookie.replace(".", ".A"), f"{bob.cookie}x"):
        assert error_of(come_back(oauth_flow, sent, cookie)) == "state_mismatch", cookie


def test_other_errors_are_shown_to_a_signed_in_user_too(oauth_flow: OAuthFlow, people: People) -> None:
    session = people.signed_in().cookie
    sent = oauth_flow.begin(errorCallbackURL="/sign-in")

    response = oauth_flow.callback(sent, cookie=f"{sent.cookie}; {session}", error="access_denied")

    assert response.headers["location"] == "/sign-in?error=access_denied"


def test_a_link_that_was_not_made_is_not_passed_off_as_one(oauth_flow: OAuthFlow, call: Api, people: People) -> None:
    """Whoever links an account has a session all the time."""
    ann = people.signed_in()
    sent = oauth_flow.begin(LINK, bearer=ann.token, callbackURL="/account", errorCallbackURL="/sign-in")

    response = come_back(oauth_flow, sent, ann.cookie)

    assert error_of(response) == "state_mismatch"
    assert response.headers["location"].startswith("/sign-in?")
    assert [account["providerId"] for account in call("GET /api/auth/list-accounts", bearer=ann.token).json] == [
        "credential"
    ]


def test_nothing_is_read_for_a_session_when_the_state_is_good(oauth_flow: OAuthFlow, call: Api, people: People) -> None:
    session = people.signed_in("bob").cookie
    oauth_flow.sign_in()  # so that our client secret is known
    sent = oauth_flow.begin()
    code = oauth_flow.provider.authorize(sent.url)

    oauth_flow.callback(sent, cookie=f"{sent.cookie}; {session}", code=code)

    assert call.aws_operations == ["DeleteItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]
