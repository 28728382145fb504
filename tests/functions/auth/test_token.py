"""GET /api/auth/token: an access token that other services can check for themselves."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.support.auth_calls import sign_in
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import PASSWORD, People, Person

TOKEN, JWKS, GET_SESSION = "GET /api/auth/token", "GET /api/auth/jwks", "GET /api/auth/get-session"
ISSUER = "https://api.example.com"
LINK, PICTURE = "https://example.com/ann.png", "data:image/webp;base64,UklG" + "R" * 7972
FIELDS = {"id", "email", "name", "image", "emailVerified", "createdAt", "updatedAt"}


def verified(call: Api, token: str) -> dict[str, Any]:
    """The claims, checked as another service would: by what JWKS shows and nothing else."""
    keys = jwt.PyJWKSet.from_dict(call(JWKS).json)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["EdDSA"], audience=ISSUER, issuer=ISSUER)
    return claims


def test_the_token_says_who_and_which_session_and_until_when(call: Api, ann: Person) -> None:
    shown = call(GET_SESSION, bearer=ann.token).json

    answer = call(TOKEN, bearer=ann.token)

    claims = verified(call, answer.json["token"])
    assert (answer.status, set(answer.json)) == (200, {"token"})
    assert {name: claims[name] for name in FIELDS} == {name: shown["user"][name] for name in FIELDS}
    assert (claims["sub"], claims["sid"]) == (ann.id, shown["session"]["id"])
    assert (claims["iss"], claims["aud"]) == (ISSUER, ISSUER)
    assert claims["exp"] == claims["iat"] + 900
    assert claims["iat"] == int(layer("clock").now().timestamp())
    assert set(claims) == FIELDS | {"sub", "sid", "iss", "aud", "iat", "exp"}


def test_a_picture_itself_is_not_in_it(call: Api, ann: Person) -> None:
    """API Gateway takes 10 KB of headers; a link to a picture is short."""
    for picture, claim in ((PICTURE, None), (LINK, LINK)):
        call("POST /api/auth/update-user", json={"image": picture}, bearer=ann.token)
        token = call(TOKEN, bearer=ann.token).json["token"]
        assert verified(call, token)["image"] == claim
        assert call(GET_SESSION, bearer=token).json["user"]["image"] == picture


def test_the_header_names_the_algorithm_and_the_key_alone(call: Api, ann: Person) -> None:
    token = call(TOKEN, bearer=ann.token).json["token"]

    (key,) = call(JWKS).json["keys"]
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": key["kid"]}


def test_no_secret_of_the_session_is_in_it(call: Api, ann: Person) -> None:
    claims = verified(call, call(TOKEN, bearer=ann.token).json["token"])

    assert ann.token[58:] not in str(claims)
    assert "hash" not in str(claims)


def test_the_token_opens_the_tasks_and_a_cookie_gets_one_too(call: Api, ann: Person) -> None:
    for shown in ({"bearer": ann.token}, {"cookies": [ann.cookie]}):
        token = call(TOKEN, **shown).json["token"]
        assert verified(call, token)["sub"] == ann.id
        assert call("POST /api/tasks", json={"title": "x"}, bearer=token).status == 201
        assert call("GET /api/tasks", bearer=token).json["tasks"][0]["title"] == "x"


def test_it_never_outlives_its_session(call: Api, people: People, advance_clock: Callable[..., None]) -> None:
    answer = call(
        "POST /api/auth/sign-in/email", json={"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    )
    advance_clock(hours=23, minutes=55)

    token = call(TOKEN, bearer=answer.json["token"]).json["token"]

    claims = jwt.decode(token, options={"verify_signature": False})
    assert 290 <= claims["exp"] - claims["iat"] <= 300
    advance_clock(minutes=5)
    assert call("GET /api/tasks", bearer=token).code == "TOKEN_EXPIRED"


def test_how_long_it_is_good_is_a_setting(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    settings(access_token_lifetime="60")

    claims = verified(call, call(TOKEN, bearer=ann.token).json["token"])

    assert claims["exp"] == claims["iat"] + 60


@pytest.mark.parametrize("base_url", ["", "https://auth.example.com", "https://auth.example.com/"])
def test_the_issuer_is_where_the_service_is(
    call: Api, ann: Person, settings: Callable[..., None], base_url: str
) -> None:
    """As configured, else as API Gateway says; no header has a say."""
    settings(base_url=base_url)

    token = call(TOKEN, bearer=ann.token, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    claims = jwt.decode(token.json["token"], options={"verify_signature": False})
    expected = base_url.rstrip("/") or "https://local.execute-api.us-east-1.amazonaws.com"
    assert (claims["iss"], claims["aud"]) == (expected, expected)
    assert call("GET /api/tasks", bearer=token.json["token"]).status == 200


def test_a_name_of_any_letters_survives(call: Api, ann: Person) -> None:
    name = 'Ärn "Quote" 作業 🔑'
    call("POST /api/auth/update-user", json={"name": name}, bearer=ann.token)

    assert verified(call, call(TOKEN, bearer=ann.token).json["token"])["name"] == name


def test_get_session_brings_one_along(call: Api, ann: Person) -> None:
    answer = call(GET_SESSION, bearer=ann.token)

    assert verified(call, answer.headers["set-auth-jwt"])["sub"] == ann.id
    assert call("GET /api/tasks", bearer=answer.headers["set-auth-jwt"]).status == 200
    assert "set-auth-jwt" not in call(GET_SESSION).headers
    assert "set-auth-jwt" not in call(GET_SESSION, bearer="x" * 101).headers


def test_signing_in_brings_the_signed_session_token_along(call: Api, people: People) -> None:
    answer = sign_in(call, people.verified())

    signed = answer.headers["set-auth-token"]
    assert signed.startswith(f"{answer.json['token']}.")
    assert call(GET_SESSION, bearer=signed).json["user"]["email"] == "ann@example.com"


def assert_oauth_shape(call: Api, body: dict[str, Any]) -> None:
    """What clients of the JWT kind read."""
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert verified(call, body["access_token"])["sub"] == body["user"]["id"]
    assert call("GET /api/tasks", bearer=body["access_token"]).status == 200


def test_logging_in_and_registering_answer_in_the_words_of_oauth(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    logged_in = call("POST /api/auth/login", json={"email": people.verified("bob"), "password": PASSWORD})
    settings(require_email_verification="false")
    registered = call("POST /api/auth/register", json={"email": "ann@example.com", "password": PASSWORD})

    assert (logged_in.status, registered.status) == (200, 201)
    for answer in (logged_in, registered):
        assert_oauth_shape(call, answer.json)


def test_registering_gives_no_token_before_the_address_is_verified(call: Api) -> None:
    answer = call("POST /api/auth/register", json={"email": "ann@example.com", "password": PASSWORD})

    assert (answer.status, set(answer.json)) == (201, {"user"})
    assert answer.cookies == []


@pytest.mark.parametrize("seconds", [0, 800])
def test_a_token_does_not_renew_itself(
    call: Api, ann: Person, advance_clock: Callable[..., None], seconds: int
) -> None:
    """Who stole one has it for minutes, not for as long as its session lives."""
    token = call(TOKEN, bearer=ann.token).json["token"]
    advance_clock(seconds=seconds)

    assert call(TOKEN, bearer=token).json == {"token": token}
    assert call(GET_SESSION, bearer=token).headers["set-auth-jwt"] == token
    advance_clock(seconds=901 - seconds)
    assert call(TOKEN, bearer=token).status == 401
