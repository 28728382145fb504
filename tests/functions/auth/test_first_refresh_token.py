"""POST /api/auth/refresh without a refresh token: returns the first refresh token of the request's session."""

from collections.abc import Callable

from tests.support.calls import Api, Response
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import Person

REFRESH = "POST /api/auth/refresh"


def first_refresh(call: Api, **credential: object) -> Response:
    """Request the first refresh token."""
    return call(REFRESH, json={}, **credential)


def refresh(call: Api, token: str) -> Response:
    """Use a refresh token."""
    return call(REFRESH, json={"refresh_token": token})


def sign_out(call: Api, person: Person) -> None:
    """Sign out."""
    call("POST /api/auth/sign-out", bearer=person.token)


def test_oa_5_a_user_of_a_provider_can_refresh_and_use_tasks(call: Api, oauth_flow: OAuthFlow) -> None:
    first = first_refresh(call, bearer=token_of(oauth_flow.sign_in()))
    refreshed = refresh(call, first.json["refresh_token"])

    assert (first.status, refreshed.status, first.cookies) == (200, 200, [])
    for response in (first, refreshed):
        assert set(response.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
        new = {"title": "Water the plants"}
        assert call("POST /api/tasks", bearer=response.json["access_token"], json=new).status == 201
    assert refreshed.json["refresh_token"] != first.json["refresh_token"]


def test_requesting_the_first_token_again_returns_the_same(call: Api, ann: Person) -> None:
    token, same_token = (first_refresh(call, bearer=ann.token).json["refresh_token"] for _ in range(2))
    assert call.aws_operations == ["BatchGetItem"]
    following = refresh(call, token).json["refresh_token"]

    assert token == same_token
    assert first_refresh(call, bearer=ann.token).json["refresh_token"] == following


def test_a_cookie_is_accepted_with_a_trusted_origin(call: Api, ann: Person) -> None:
    evil = {"origin": "https://evil.example"}

    assert first_refresh(call, cookies=[ann.cookie], headers={"origin": "https://app.example.com"}).status == 200
    assert first_refresh(call, cookies=[ann.cookie], headers=evil).code == "INVALID_ORIGIN"


def test_a_jwt_gets_no_refresh_token(call: Api, ann: Person) -> None:
    jwt = call("GET /api/auth/token", bearer=ann.token).json["token"]
    response = first_refresh(call, bearer=jwt)

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_an_ended_session_gets_no_refresh_token(
    call: Api, ann: Person, bob: Person, advance_clock: Callable[..., None]
) -> None:
    sign_out(call, ann)
    forged = bob.token[:-1] + ("A" if bob.token[-1] != "A" else "B")
    advance_clock(days=8)

    responses = [first_refresh(call, bearer=token) for token in (ann.token, forged, bob.token)]

    assert [(response.status, response.code) for response in responses] == [
        (401, "INVALID_TOKEN"),
        (401, "INVALID_TOKEN"),
        (401, "TOKEN_EXPIRED"),
    ]


def test_the_refresh_token_ends_with_its_session(call: Api, ann: Person) -> None:
    token = first_refresh(call, bearer=ann.token).json["refresh_token"]
    sign_out(call, ann)

    assert refresh(call, token).code == "INVALID_TOKEN"
