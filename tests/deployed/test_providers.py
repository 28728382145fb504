"""Users who come from a provider."""

from typing import Any

import pytest

from tests.deployed.gateway import DeployedApi, DeployedMailbox, DeployedPeople
from tests.deployed.stage import LocalStage
from tests.support.calls import Response
from tests.support.oauth_flow import LINK, SOCIAL, Authorization, OAuthFlow, error_of, token_of
from tests.support.people import PASSWORD
from tests.support.provider import Provider

pytestmark = pytest.mark.deployed


@pytest.fixture(scope="module")
def flow(call: DeployedApi, google: Provider) -> OAuthFlow:
    """Sign-ins at the provider."""
    return OAuthFlow(call, google)  # type: ignore[arg-type] # it only calls


def with_id_token(call: DeployedApi, google: Provider, route: str, bearer: str | None, **person: Any) -> Response:
    """Sign in, or link an account, with an ID token."""
    id_token = google.id_token(email_verified=True, **person)
    response = call(route, bearer=bearer, json={"provider": "google", "idToken": {"token": id_token}})
    assert response.status == 200, response.text
    return response


def test_a_user_comes_by_a_redirect_or_an_id_token(call: DeployedApi, google: Provider, flow: OAuthFlow) -> None:
    """Also where a sign-up waits for the same address."""
    for email, sub in (("gus@example.com", "1"), ("hal@example.com", "2")):
        body = {"email": email, "password": PASSWORD, "name": "Stranger"}
        assert call("POST /api/auth/sign-up/email", json=body).status == 200
        person = {"sub": sub, "email": email}
        for _ in range(2):
            if sub == "1":
                token = token_of(flow.sign_in(email_verified=True, **person))
            else:
                token = with_id_token(call, google, SOCIAL, None, **person).json["token"]
            assert call("GET /api/auth/me", bearer=token).json["user"]["email"] == email


def test_a_provider_takes_over_an_account_whose_password_nobody_proved(
    call: DeployedApi, google: Provider, flow: OAuthFlow, people: DeployedPeople, stage: LocalStage
) -> None:
    """What else let into the account is removed: its sessions, and another linked account."""
    for email, sub in (("ida@example.com", "3"), ("jim@example.com", "4")):
        user = people.signed_in(email)
        person = {"email": user.email, "hd": "example.com"}
        for linked in (sub, f"{sub}0"):
            assert error_of(flow.link(user.token, sub=linked, email_verified=True, **person)) is None
        stage.set_in_profile(user.id, "password_unproven", {"BOOL": True})
        if sub == "3":
            assert error_of(flow.sign_in(sub=sub, email_verified=True, **person)) is None
        else:
            with_id_token(call, google, SOCIAL, None, sub=sub, **person)
        assert call("GET /api/auth/me", bearer=user.token).status == 401


def test_the_providers_tokens(call: DeployedApi, flow: OAuthFlow, google: Provider) -> None:
    """The access token has ended, so the provider is asked for another."""
    google.token_fields = {"expires_in": 1}
    response = flow.sign_in(sub="5", email="kai@example.com", email_verified=True)
    cookie = next(one.partition(";")[0] for one in response.cookies if "session_token" in one)
    account = call("GET /api/auth/list-accounts", cookies=[cookie]).json[0]["id"]
    assert call("GET /api/auth/account-info", cookies=[cookie], query={"accountId": account}).status == 200
    for route in ("POST /api/auth/get-access-token", "POST /api/auth/refresh-token"):
        response = call(route, cookies=[cookie], json={"accountId": account})
        assert response.status == 200, response.text
    google.token_fields = {}


def test_accounts_are_linked_and_unlinked(
    call: DeployedApi, google: Provider, flow: OAuthFlow, people: DeployedPeople, mailbox: DeployedMailbox
) -> None:
    uma = people.signed_in("uma@example.com")
    flow.link(uma.token, sub="6", email=uma.email, email_verified=True)
    with_id_token(call, google, LINK, uma.token, sub="7", email=uma.email)
    accounts = [account["id"] for account in call("GET /api/auth/list-accounts", bearer=uma.token).json]
    assert len(accounts) == 3
    assert call("POST /api/auth/unlink-account", bearer=uma.token, json={"accountId": accounts[-1]}).status == 200
    sent = len(mailbox.to(uma.email))
    assert call("POST /api/auth/request-password-reset", json={"email": uma.email}).status == 200
    reset = {"token": mailbox.nth(uma.email, sent + 1).token, "newPassword": "another battery"}
    assert call("POST /api/auth/reset-password", json=reset).status == 200


def test_an_app_signs_in(call: DeployedApi, flow: OAuthFlow, people: DeployedPeople) -> None:
    vic, app = people.signed_in("vic@example.com"), {"expo-origin": "myapp://"}
    body = {"provider": "google", "callbackURL": "myapp://home"}
    url = call(LINK, cookies=[vic.cookie], json=body, headers=app).json["url"]
    opened = call("GET /api/auth/expo-authorization-proxy", query={"authorizationURL": url})
    assert opened.status == 302, opened.text
    begun = Authorization(url=url, cookie=opened.cookies[0].partition(";")[0])
    elsewhere = flow.callback(begun, cookie="", code="x")
    assert elsewhere.headers["location"].startswith("myapp://home?error=state_mismatch")
    assert error_of(flow.complete(begun, sub="8", email=vic.email, email_verified=True)) is None
