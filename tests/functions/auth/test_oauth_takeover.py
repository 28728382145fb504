"""Account takeover through a provider. S-58 is in test_id_token_checks."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.test_redirects import CODES, HOSTILE
from tests.support.auth_calls import sign_in, sign_up, verify
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import CALLBACK, LINK, SOCIAL, OAuthFlow, error_of, token_of
from tests.support.people import People, Person
from tests.support.provider import CLIENT_ID, Provider, running_provider
from tests.support.slow import some_and_all
from tests.support.tables import all_rows, rows, tables_unchanged

ANN = "ann@example.com"
ATTACKERS = "the attacker's"


def id_of(call: Api, response: Response) -> str:
    """Return the id of the signed-in user."""
    return str(call("GET /api/auth/me", bearer=token_of(response)).json["user"]["id"])


def profiles(cloud: Cloud) -> list[dict[str, Any]]:
    """Return all profiles."""
    return [row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE"]


# -- S-54, S-59: an account exists already -----------------------------------------------


def test_s_54_cve_2026_67327_an_attackers_pending_sign_up_is_invalid_once_the_owner_signs_in(
    call: Api, oauth_flow: OAuthFlow, mailbox: Mailbox, cloud: Cloud
) -> None:
    sign_up(call, ANN, ATTACKERS)
    mailed = mailbox.last.token

    owner = id_of(call, oauth_flow.sign_in())

    assert verify(call, mailed).code == "INVALID_TOKEN"
    assert rows(cloud, "TokensTable") == []
    sign_up(call, ANN, ATTACKERS)
    assert sign_in(call, ANN, ATTACKERS).code == "INVALID_EMAIL_OR_PASSWORD"
    assert [(row["user_id"], "password_hash" in row) for row in profiles(cloud)] == [(owner, False)]


@pytest.fixture
def unverified_account(call: Api, settings: Callable[..., None]) -> str:
    """The session of an attacker who signed up with Ann's address and has not verified it."""
    settings(require_email_verification="false")
    return str(sign_up(call, ANN, ATTACKERS).json["token"])


def test_s_59_cve_2026_53516_an_address_unverified_here_is_not_linked(
    call: Api, oauth_flow: OAuthFlow, cloud: Cloud, unverified_account: str
) -> None:
    with tables_unchanged(cloud):
        responses = [oauth_flow.sign_in(), oauth_flow.link(unverified_account)]
        by_token = call(SOCIAL, json={"provider": "google", "idToken": {"token": oauth_flow.provider.id_token()}})

        assert [error_of(response) for response in responses] == ["account_not_linked", "unable_to_link_account"]
        assert (by_token.status, by_token.code, by_token.cookies) == (401, "OAUTH_LINK_ERROR", [])
    assert profiles(cloud)[0]["email_verified"] is False


def test_s_59_an_address_unverified_at_the_provider_is_not_linked(
    oauth_flow: OAuthFlow, people: People, cloud: Cloud
) -> None:
    people.verified()
    with tables_unchanged(cloud):
        for claim in (False, None, "true", 1):
            assert error_of(oauth_flow.sign_in(email_verified=claim)) == "account_not_linked"


def test_an_address_verified_on_both_sides_is_the_same_user(call: Api, oauth_flow: OAuthFlow, people: People) -> None:
    assert people.signed_in().id == id_of(call, oauth_flow.sign_in(email=" Ann@Example.COM "))
    assert sign_in(call, ANN).status == 200


# -- S-60: the subject identifies the account ------------------------------------------------


def test_s_60_the_same_subject_with_another_address_is_the_same_user(
    call: Api, oauth_flow: OAuthFlow, people: People, cloud: Cloud
) -> None:
    """Even if that address belongs to another user here."""
    people.verified("bob")
    ann = id_of(call, oauth_flow.sign_in())
    assert id_of(call, oauth_flow.sign_in(email="bob@example.com")) == ann
    assert sorted(row["email"] for row in profiles(cloud)) == [ANN, "bob@example.com"]


def test_s_60_another_subject_with_the_same_address_is_refused(call: Api, oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    """An address that the provider reassigned does not give access to its previous owner's account."""
    id_of(call, oauth_flow.sign_in())
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in(sub="1002")) == "account_not_linked"


def test_s_60_the_same_subject_at_another_provider_is_another_user(
    call: Api, oauth_flow: OAuthFlow, settings: Callable[..., None]
) -> None:
    ann = id_of(call, oauth_flow.sign_in())

    with running_provider() as other:
        settings(oidc_issuer=other.url, oidc_client_id=CLIENT_ID, oidc_client_secret_name="oidc-client-secret")
        assert id_of(call, OAuthFlow(call, other, "oidc").sign_in(email="bob@example.com")) != ann


# -- S-56, S-61: one state, one browser, one session ---------------------------------------------

COOKIES = ["", "{name}={other}", "{name}={state}", "{name}={state}.", "{name}={state}.{foreign}"]
COOKIES += ["{name}={state}.A{signature}", "{name}={other}; {name}={value}", "better-auth.state={value}"]
COOKIES += ["{name}=%ff%00.\u00fc", "{name}={value}x"]


@pytest.mark.parametrize("cookie", COOKIES)
def test_s_56_cve_2025_68481_only_the_browser_that_began_the_flow_can_complete_it(
    oauth_flow: OAuthFlow, cloud: Cloud, cookie: str
) -> None:
    """GHSA-5j53, CVE-2025-14546, CVE-2025-68158, CVE-2026-41425, CVE-2026-67335. It can do so afterwards."""
    sent, other = oauth_flow.begin(errorCallbackURL="/sign-in"), oauth_flow.begin().cookie.partition("=")[2]
    name, _, value = sent.cookie.partition("=")
    (state, signature), foreign = value.split("."), other.partition(".")[2]
    shown = cookie.format(name=name, value=value, state=state, signature=signature, other=other, foreign=foreign)
    code = oauth_flow.provider.authorize(sent.url)

    response = oauth_flow.callback(sent, code=code, cookie=shown)

    location = response.headers["location"].removesuffix("&error_description=state_cookie_missing")
    assert (response.status, location) == (302, "/sign-in?error=state_mismatch")
    assert oauth_flow.provider.received == []
    assert rows(cloud, "UsersTable") == rows(cloud, "SessionsTable") == []
    assert token_of(oauth_flow.callback(sent, code=code))


def test_s_56_a_state_works_once_and_for_ten_minutes(oauth_flow: OAuthFlow, advance_clock: Callable[..., None]) -> None:
    used, old = oauth_flow.begin(), oauth_flow.begin()
    assert token_of(oauth_flow.complete(used))
    advance_clock(minutes=11)

    assert [error_of(oauth_flow.complete(sent)) for sent in (used, old)] == ["state_mismatch"] * 2


def test_s_56_a_state_is_bound_to_its_provider(call: Api, oauth_flow: OAuthFlow, oidc: Provider) -> None:
    """Otherwise the code of one would be sent to the other."""
    other = OAuthFlow(call, oidc, "oidc")

    assert error_of(other.complete(oauth_flow.begin())) == "state_mismatch"
    assert error_of(oauth_flow.complete(other.begin())) == "state_mismatch"
    assert oidc.requests("/token") == []


@pytest.mark.parametrize("redeemed", [True, False])
def test_s_61_a_code_does_not_work_in_another_browser(oauth_flow: OAuthFlow, cloud: Cloud, *, redeemed: bool) -> None:
    """PKCE: also a code that was stolen before its owner redeemed it."""
    first = oauth_flow.begin()
    code = oauth_flow.provider.authorize(first.url)
    assert not redeemed or token_of(oauth_flow.callback(first, code=code))
    before = all_rows(cloud)

    assert error_of(oauth_flow.callback(oauth_flow.begin(), code=code)) == "invalid_code"
    assert all_rows(cloud)["SessionsTable"] == before["SessionsTable"]


def test_s_61_cve_2026_53518_concurrent_callbacks_open_one_session(
    call: Api, oauth_flow: OAuthFlow, provider: Provider
) -> None:
    sent = oauth_flow.begin()
    code = provider.authorize(sent.url)

    responses = run_concurrently(lambda _: oauth_flow.callback(sent, code=code), range(4))

    (winner,) = (response for response in responses if "set-auth-token" in response.headers)
    assert sorted(map(str, map(error_of, responses))) == ["None"] + ["state_mismatch"] * 3
    assert len(call("GET /api/auth/list-sessions", bearer=token_of(winner)).json) == 1
    assert len(provider.requests("/token")) == 1


def test_s_61_concurrent_first_sign_ins_create_one_user(call: Api, oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    responses = run_concurrently(oauth_flow.complete, [oauth_flow.begin() for _ in range(4)])

    assert len({id_of(call, response) for response in responses}) == len(profiles(cloud)) == 1
    assert len(call("GET /api/auth/list-sessions", bearer=token_of(responses[0])).json) == 4


# -- S-57, S-63: redirects ----------------------------------------------------------------------


def test_s_57_the_authorization_request_follows_the_standard(call: Api, oauth_flow: OAuthFlow) -> None:
    """PKCE, a nonce, an exact redirect_uri that no header changes, and minimal scopes."""
    first, second = oauth_flow.begin(), oauth_flow.begin()
    headers = {"x-forwarded-host": "evil.example", "host": "evil.example"}
    third = call(SOCIAL, json={"provider": "google"}, headers=headers).json["url"]

    page, _, _ = first.url.partition("?")
    random_values = {name: len(first.query[name]) for name in ("state", "nonce", "code_challenge")}
    assert page == f"{oauth_flow.provider.url}/authorize"
    assert random_values == {"state": 32, "nonce": 32, "code_challenge": 43}
    assert all(re.fullmatch(r"[\w-]+", first.query[name]) for name in random_values)
    assert {name: value for name, value in first.query.items() if name not in random_values} == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "scope": "email profile openid",
        "redirect_uri": "https://api.example.com/api/auth/callback/google",
        "code_challenge_method": "S256",
        "include_granted_scopes": "true",
    }
    assert all(first.query[name] != second.query[name] for name in random_values)
    assert dict(parse_qsl(urlsplit(third).query))["redirect_uri"] == first.query["redirect_uri"]


@some_and_all("urls", HOSTILE[::6], HOSTILE)
def test_s_63_cve_2026_67333_nobody_is_redirected_to_an_untrusted_page(
    call: Api, ann: Person, google: Provider, cloud: Cloud, urls: list[str]
) -> None:
    """CVE-2025-27143, CVE-2025-71403, too: neither before nor after the provider."""
    with tables_unchanged(cloud):
        for url in urls:
            asked: list[tuple[str, dict[str, Any], str]] = [
                *((SOCIAL, {"json": {"provider": "google", name: url}}, code) for name, code in CODES.items()),
                *((LINK, {"json": {"provider": "google", name: url}}, code) for name, code in CODES.items()),
                *(
                    (CALLBACK, {"provider": "google", "query": {name: url, "state": "x"}}, code)
                    for name, code in CODES.items()
                ),
                ("GET /api/auth/oauth/google", {"query": {"redirect_uri": url}}, "INVALID_REDIRECT_URL"),
            ]
            for route, request, code in asked:
                response = call(route, **request, bearer=None if route == CALLBACK else ann.token)
                assert (response.status, response.code, response.headers.get("location")) == (403, code, None), (
                    route,
                    url,
                )
    assert google.received == []
