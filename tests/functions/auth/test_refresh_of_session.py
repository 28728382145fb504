"""POST /api/auth/refresh without a refresh token: whoever has a session may have one, however they came in."""

from collections.abc import Callable

from tests.support.calls import Api, Response
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import Person

REFRESH = "POST /api/auth/refresh"


def begins(call: Api, **credential: object) -> Response:
    """Ask for the first refresh token."""
    return call(REFRESH, json={}, **credential)


def refreshes(call: Api, token: str) -> Response:
    """Use one."""
    return call(REFRESH, json={"refresh_token": token})


def ends(call: Api, person: Person) -> None:
    """Sign out."""
    call("POST /api/auth/sign-out", bearer=person.token)


def test_oa_5_who_came_by_a_provider_refreshes_and_works_on_tasks(call: Api, oauth_flow: OAuthFlow) -> None:
    begun = begins(call, bearer=token_of(oauth_flow.sign_in()))
    refreshed = refreshes(call, begun.json["refresh_token"])

    assert (begun.status, refreshed.status, begun.cookies) == (200, 200, [])
    for answer in (begun, refreshed):
        assert set(answer.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
        new = {"title": "Water the plants"}
        assert call("POST /api/tasks", bearer=answer.json["access_token"], json=new).status == 201
    assert refreshed.json["refresh_token"] != begun.json["refresh_token"]


def test_asking_uses_nothing_up(call: Api, ann: Person) -> None:
    first, again = (begins(call, bearer=ann.token).json["refresh_token"] for _ in range(2))
    assert call.aws_operations == ["BatchGetItem"]
    following = refreshes(call, first).json["refresh_token"]

    assert first == again
    assert begins(call, bearer=ann.token).json["refresh_token"] == following


def test_a_cookie_does_where_the_origin_is_trusted(call: Api, ann: Person) -> None:
    evil = {"origin": "https://evil.example"}

    assert begins(call, cookies=[ann.cookie], headers={"origin": "https://app.example.com"}).status == 200
    assert begins(call, cookies=[ann.cookie], headers=evil).code == "INVALID_ORIGIN"


def test_a_jwt_gets_none_or_a_stolen_one_would_live_on(call: Api, ann: Person) -> None:
    jwt = call("GET /api/auth/token", bearer=ann.token).json["token"]
    answer = begins(call, bearer=jwt)

    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_a_session_that_ended_gets_none(
    call: Api, ann: Person, bob: Person, advance_clock: Callable[..., None]
) -> None:
    ends(call, ann)
    forged = bob.token[:-1] + ("A" if bob.token[-1] != "A" else "B")
    advance_clock(days=8)

    answers = [begins(call, bearer=token) for token in (ann.token, forged, bob.token)]

    assert [(answer.status, answer.code) for answer in answers] == [
        (401, "INVALID_TOKEN"),
        (401, "INVALID_TOKEN"),
        (401, "TOKEN_EXPIRED"),
    ]


def test_it_ends_with_its_session(call: Api, ann: Person) -> None:
    token = begins(call, bearer=ann.token).json["refresh_token"]
    ends(call, ann)

    assert refreshes(call, token).code == "INVALID_TOKEN"
