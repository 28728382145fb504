"""POST /api/auth/unlink-account: removes an account at a provider, or the password."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows

UNLINK = "POST /api/auth/unlink-account"


@pytest.fixture
def ann(people: People, oauth_flow: OAuthFlow) -> Person:
    """A user with a password and an account at Google."""
    person = people.signed_in("ann")
    oauth_flow.link(person.token)
    return person


def accounts(call: Api, bearer: str) -> dict[str, str]:
    """Return the ids of the user's accounts, by provider."""
    return {one["providerId"]: one["id"] for one in call("GET /api/auth/list-accounts", bearer=bearer).json}


def unlink(call: Api, bearer: str, account_id: Any) -> Response:
    """Unlink an account."""
    return call(UNLINK, bearer=bearer, json={"accountId": account_id})


def test_an_account_is_unlinked_and_its_row_deleted(call: Api, cloud: Cloud, ann: Person) -> None:
    response = unlink(call, ann.token, accounts(call, ann.token)["google"])

    assert (response.status, response.json) == (200, {"status": True})
    assert set(accounts(call, ann.token)) == {"credential"}
    assert {row["sk"] for row in rows(cloud, "UsersTable")} == {"PROFILE", "EMAIL"}


def test_an_unlinked_account_can_be_linked_to_another_user(
    call: Api, oauth_flow: OAuthFlow, people: People, ann: Person
) -> None:
    unlink(call, ann.token, accounts(call, ann.token)["google"])
    bob = people.signed_in("bob")
    oauth_flow.link(bob.token, sub="1001", email=bob.email, email_verified=True)

    assert set(accounts(call, bob.token)) == {"credential", "google"}


def test_the_password_can_be_unlinked(call: Api, oauth_flow: OAuthFlow, ann: Person) -> None:
    assert unlink(call, ann.token, accounts(call, ann.token)["credential"]).status == 200

    assert set(accounts(call, ann.token)) == {"google"}
    assert sign_in(call, ann.email).code == "INVALID_EMAIL_OR_PASSWORD"
    assert "set-auth-token" in oauth_flow.sign_in().headers


def test_the_last_account_cannot_be_unlinked(call: Api, people: People, oauth_flow: OAuthFlow) -> None:
    by_password, by_google = people.signed_in("bob").token, token_of(oauth_flow.sign_in())
    for token in (by_password, by_google):
        (account_id,) = accounts(call, token).values()
        response = unlink(call, token, account_id)
        assert (response.status, response.code) == (400, "FAILED_TO_UNLINK_LAST_ACCOUNT")
        assert list(accounts(call, token).values()) == [account_id]


def test_a_user_of_google_can_set_a_password_by_reset_and_unlink_google(
    call: Api, oauth_flow: OAuthFlow, mailbox: Mailbox
) -> None:
    oauth_flow.sign_in()
    assert reset_password(call, request_reset(call, mailbox, "ann@example.com"), PASSWORD).status == 200
    token = sign_in(call, "ann@example.com").json["token"]

    assert set(accounts(call, token)) == {"credential", "google"}
    assert unlink(call, token, accounts(call, token)["google"]).status == 200


def test_of_two_concurrent_unlinkings_of_the_last_two_accounts_one_succeeds(call: Api, ann: Person) -> None:
    profile = layer("dynamodb").batch_get(layer("accounts").profile_key(ann.id))[0]
    unlinking, errors = layer("oauth.unlinking"), layer("errors.providers")

    def succeeds(account_id: str) -> bool:
        try:
            unlinking.unlink(profile, account_id)
        except errors.FailedToUnlinkLastAccount:
            return False
        return True

    assert sorted(run_concurrently(succeeds, accounts(call, ann.token).values())) == [False, True]
    assert len(accounts(call, ann.token)) == 1


def test_s_67_another_users_account_is_not_found(call: Api, ann: Person, oauth_flow: OAuthFlow) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))
    for other in (accounts(call, bob)["google"], "x" * 32, "", "credential-" + "0" * 36, "x" * 5000):
        response = unlink(call, ann.token, other)
        assert (response.status, response.code) == (400, "ACCOUNT_NOT_FOUND"), other
    assert set(accounts(call, bob)) == {"google"}


# -- By the provider's own id, as before better-auth 1.7 -----------------------------------------------


@pytest.mark.parametrize(
    "selection",
    [{"accountId": "1001"}, {"providerId": "google", "accountId": "1001"}, {"providerId": "google"}],
    ids=str,
)
def test_an_account_is_unlinked_by_its_provider_and_the_providers_id(
    call: Api, ann: Person, selection: dict[str, str]
) -> None:
    assert call(UNLINK, bearer=ann.token, json=selection).json == {"status": True}
    assert set(accounts(call, ann.token)) == {"credential"}


@pytest.mark.parametrize("more", [{}, {"accountId": "USER"}, {"accountId": "OURS"}], ids=str)
def test_the_password_is_the_provider_credential_with_the_users_id(
    call: Api, ann: Person, more: dict[str, str]
) -> None:
    ids = {"USER": ann.id, "OURS": accounts(call, ann.token)["credential"]}
    selection = {"providerId": "credential", **{name: ids[value] for name, value in more.items()}}

    assert call(UNLINK, bearer=ann.token, json=selection).json == {"status": True}
    assert set(accounts(call, ann.token)) == {"google"}


def test_who_has_no_password_has_no_account_credential(call: Api, ann: Person, oauth_flow: OAuthFlow) -> None:
    oauth_flow.link(ann.token, sub="1002", email=ann.email, email_verified=True, hd="example.com")
    unlink(call, ann.token, accounts(call, ann.token)["credential"])

    for selection in ({"providerId": "credential"}, {"accountId": ann.id}, {"accountId": f"credential-{ann.id}"}):
        assert call(UNLINK, bearer=ann.token, json=selection).code == "ACCOUNT_NOT_FOUND", selection


def test_the_users_id_alone_is_the_password(call: Api, ann: Person) -> None:
    assert unlink(call, ann.token, ann.id).status == 200
    assert set(accounts(call, ann.token)) == {"google"}


def test_an_id_of_another_provider_or_user_is_not_found(call: Api, ann: Person, oauth_flow: OAuthFlow) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))
    ours = accounts(call, ann.token)
    wrong: list[tuple[str | None, str | None]]
    wrong = [("credential", ours["google"]), ("google", ours["credential"]), ("google", ann.id), ("credential", "1001")]
    wrong += [("google", "2002"), ("oidc", "1001"), ("oidc", None), ("google", ""), ("", "1001"), ("", ours["google"])]

    for provider, account in [*wrong, ("google", accounts(call, bob)["google"]), (None, "2002")]:
        response = call(UNLINK, bearer=ann.token, json={"providerId": provider, "accountId": account})
        assert (response.status, response.code) == (400, "ACCOUNT_NOT_FOUND"), (provider, account)
    assert set(accounts(call, ann.token)) == {"credential", "google"}
    assert set(accounts(call, bob)) == {"google"}


@pytest.mark.parametrize("body", [{}, {"accountId": None}, {"providerId": ""}, {"accountId": 1}], ids=str)
def test_an_account_must_be_named(call: Api, ann: Person, body: dict[str, Any]) -> None:
    assert call(UNLINK, bearer=ann.token, json=body).code == "VALIDATION_ERROR"


def test_several_accounts_of_one_provider_are_not_guessed_at(call: Api, ann: Person, oauth_flow: OAuthFlow) -> None:
    oauth_flow.link(ann.token, sub="1002", email=ann.email, email_verified=True, hd="example.com")

    response = call(UNLINK, bearer=ann.token, json={"providerId": "google"})

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")
    assert len(call("GET /api/auth/list-accounts", bearer=ann.token).json) == 3
    assert call(UNLINK, bearer=ann.token, json={"providerId": "google", "accountId": "1002"}).status == 200


def test_one_id_at_two_providers_needs_the_provider(call: Api, ann: Person, other_provider: OAuthFlow) -> None:
    other_provider.link(ann.token, sub="1001", email=ann.email, email_verified=True)

    assert unlink(call, ann.token, "1001").code == "VALIDATION_ERROR"
    assert call(UNLINK, bearer=ann.token, json={"providerId": "oidc", "accountId": "1001"}).status == 200
    assert set(accounts(call, ann.token)) == {"credential", "google"}


def test_our_id_comes_first(call: Api, ann: Person, other_provider: OAuthFlow) -> None:
    """An account at another provider may have it as its own."""
    google = accounts(call, ann.token)["google"]
    other_provider.link(ann.token, sub=google, email=ann.email, email_verified=True)

    assert unlink(call, ann.token, google).status == 200
    assert set(accounts(call, ann.token)) == {"credential", "oidc"}


def test_a_fresh_session_is_required(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(days=2)
    response = unlink(call, ann.token, "x" * 32)

    assert (response.status, response.code) == (403, "SESSION_NOT_FRESH")


def test_deleting_the_user_frees_the_account_at_the_provider(call: Api, cloud: Cloud, oauth_flow: OAuthFlow) -> None:
    token = token_of(oauth_flow.sign_in())
    assert call("POST /api/auth/delete-user", bearer=token, json={}).status == 200

    assert rows(cloud, "UsersTable") == []
    assert "set-auth-token" in oauth_flow.sign_in().headers
