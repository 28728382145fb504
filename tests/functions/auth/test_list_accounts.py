"""GET /api/auth/list-accounts: the user's accounts, with a password and at providers."""

from tests.support.calls import Api
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import People, Person

LIST = "GET /api/auth/list-accounts"


def test_a_password_is_listed_as_an_account(call: Api, people: People, ann: Person) -> None:
    people.signed_in("bob")

    response = call(LIST, bearer=ann.token)

    (account,) = response.json
    assert response.status == 200
    assert set(account) == {"id", "accountId", "providerId", "userId", "createdAt", "updatedAt", "scopes"}
    assert (account["providerId"], account["scopes"]) == ("credential", [])
    assert account["accountId"] == account["userId"] == ann.id
    assert account["id"] != ann.id


def test_accounts_at_providers_come_after_the_password(call: Api, ann: Person, oauth_flow: OAuthFlow) -> None:
    for sub in ("1001", "1002"):
        oauth_flow.link(ann.token, sub=sub, email=ann.email, email_verified=True)

    password, *google = call(LIST, bearer=ann.token).json
    assert password["providerId"] == "credential"
    assert [(one["providerId"], one["accountId"], one["userId"]) for one in google] == [
        ("google", "1001", ann.id),
        ("google", "1002", ann.id),
    ]
    assert all(set(one) == set(password) for one in google)
    assert len({one["id"] for one in (password, *google)}) == 3
    assert [one["scopes"] for one in google] == [["email", "profile", "openid"]] * 2


def test_a_user_of_google_has_no_password_account(call: Api, oauth_flow: OAuthFlow) -> None:
    (account,) = call(LIST, bearer=token_of(oauth_flow.sign_in())).json

    assert account["providerId"] == "google"


def test_no_password_and_no_hash_is_shown(call: Api, ann: Person) -> None:
    text = call(LIST, cookies=[ann.cookie]).text

    assert "password" not in text.lower()
    assert "argon2" not in text
