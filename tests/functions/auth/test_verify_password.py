"""POST /api/auth/verify-password: checks the password of the signed-in user."""

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import is_signed_in
from tests.support.calls import Api
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import tables_unchanged

VERIFY = "POST /api/auth/verify-password"


def test_the_right_password_is_confirmed(call: Api, ann: Person) -> None:
    response = call(VERIFY, bearer=ann.token, json={"password": PASSWORD})

    assert (response.status, response.json, response.cookies) == (200, {"status": True}, [])
    assert call("GET /api/auth/me", bearer=ann.token).status == 200


def test_a_wrong_password_is_refused_and_changes_nothing(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for password in ("", "wrong", PASSWORD.upper(), f"{PASSWORD} ", "x" * 128):
            response = call(VERIFY, bearer=ann.token, json={"password": password})
            assert (response.status, response.code) == (400, "INVALID_PASSWORD"), password
    assert is_signed_in(call, ann)


def test_another_users_password_is_refused(call: Api, people: People) -> None:
    people.verified("bob", password="bob's own password")

    response = call(VERIFY, bearer=people.signed_in("ann").token, json={"password": "bob's own password"})

    assert response.code == "INVALID_PASSWORD"


def test_a_password_that_is_too_long_is_not_hashed(call: Api, ann: Person) -> None:
    response = call(VERIFY, bearer=ann.token, json={"password": "x" * 129})

    assert (response.status, response.code) == (400, "PASSWORD_TOO_LONG")


def test_a_user_without_a_password_is_refused(call: Api, oauth_flow: OAuthFlow) -> None:
    response = call(VERIFY, bearer=token_of(oauth_flow.sign_in()), json={"password": PASSWORD})

    assert (response.status, response.code) == (400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
