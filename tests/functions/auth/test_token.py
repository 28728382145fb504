"""GET /api/auth/token: an access token that other services can verify."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.support.auth_calls import SIGN_UP_COOKIE, cookie_names, sign_in
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import PASSWORD, People, Person
from tests.support.pictures import store_inline

TOKEN, JWKS, GET_SESSION = "GET /api/auth/token", "GET /api/auth/jwks", "GET /api/auth/get-session"
ISSUER = "https://api.example.com"
LINK, PICTURE = "https://example.com/ann.png", "data:image/webp;base64,UklG" + "R" * 7972
FIELDS = {"id", "email", "name", "image", "emailVerified", "createdAt", "updatedAt", "twoFactorEnabled"}


def verify_token(call: Api, token: str) -> dict[str, Any]:
    """Return the claims, verified with the published keys only, as another service would."""
    keys = jwt.PyJWKSet.from_dict(call(JWKS).json)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["EdDSA"], audience=ISSUER, issuer=ISSUER)
    return claims


def test_the_claims_name_user_session_and_expiry(call: Api, ann: Person) -> None:
    shown = call(GET_SESSION, bearer=ann.token).json

    response = call(TOKEN, bearer=ann.token)

    claims = verify_token(call, response.json["token"])
    assert (response.status, set(response.json)) == (200, {"token"})
    assert {name: claims[name] for name in FIELDS} == {name: shown["user"][name] for name in FIELDS}
    assert (claims["sub"], claims["sid"]) == (ann.id, shown["session"]["id"])
    assert (claims["iss"], claims["aud"]) == (ISSUER, ISSUER)
    assert claims["exp"] == claims["iat"] + 900
    assert claims["iat"] == int(layer("clock").now().timestamp())
    assert set(claims) == FIELDS | {"sub", "sid", "iss", "aud", "iat", "exp"}


def test_an_embedded_picture_is_omitted_from_the_claims(call: Api, ann: Person) -> None:
    """API Gateway limits headers to 10 KB; a link is short. No picture is embedded any more."""
    for picture, claim in ((PICTURE, None), (LINK, LINK)):
        store_inline(ann, picture)
        token = call(TOKEN, bearer=ann.token).json["token"]
        assert verify_token(call, token)["image"] == claim
        assert call(GET_SESSION, bearer=token).json["user"]["image"] == picture


def test_the_header_has_only_algorithm_and_key_id(call: Api, ann: Person) -> None:
    token = call(TOKEN, bearer=ann.token).json["token"]

    (key,) = call(JWKS).json["keys"]
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": key["kid"]}


def test_the_claims_contain_no_secret_of_the_session(call: Api, ann: Person) -> None:
    claims = verify_token(call, call(TOKEN, bearer=ann.token).json["token"])

    assert ann.token[58:] not in str(claims)
    assert "hash" not in str(claims)


def test_the_token_is_accepted_and_a_cookie_gets_one_too(call: Api, ann: Person) -> None:
    for shown in ({"bearer": ann.token}, {"cookies": [ann.cookie]}):
        token = call(TOKEN, **shown).json["token"]
        assert verify_token(call, token)["sub"] == ann.id
        assert call("POST /api/tasks", json={"title": "x"}, bearer=token).status == 201
        assert call("GET /api/tasks", bearer=token).json["tasks"][0]["title"] == "x"


def test_the_token_expires_with_its_session_at_the_latest(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    response = call(
        "POST /api/auth/sign-in/email", json={"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    )
    advance_clock(hours=23, minutes=55)

    token = call(TOKEN, bearer=response.json["token"]).json["token"]

    claims = jwt.decode(token, options={"verify_signature": False})
    assert 290 <= claims["exp"] - claims["iat"] <= 300
    advance_clock(minutes=5)
    assert call("GET /api/tasks", bearer=token).code == "TOKEN_EXPIRED"


def test_the_lifetime_is_a_setting(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    settings(access_token_lifetime="60")

    claims = verify_token(call, call(TOKEN, bearer=ann.token).json["token"])

    assert claims["exp"] == claims["iat"] + 60


@pytest.mark.parametrize("base_url", ["", "https://auth.example.com", "https://auth.example.com/"])
def test_the_issuer_is_the_base_url(call: Api, ann: Person, settings: Callable[..., None], base_url: str) -> None:
    """As configured, else as API Gateway reports it; headers do not matter."""
    settings(base_url=base_url)

    token = call(TOKEN, bearer=ann.token, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    claims = jwt.decode(token.json["token"], options={"verify_signature": False})
    expected = base_url.rstrip("/") or "https://local.execute-api.us-east-1.amazonaws.com"
    assert (claims["iss"], claims["aud"]) == (expected, expected)
    assert call("GET /api/tasks", bearer=token.json["token"]).status == 200


def test_the_audience_is_a_setting(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    """JWTs for other backends have another audience; Gatehouse accepts the one that it issues, and no other."""
    before = call(TOKEN, bearer=ann.token).json["token"]
    settings(access_token_audience="https://notes.example.com")

    tokens = [
        call(TOKEN, bearer=ann.token).json["token"],
        call(GET_SESSION, bearer=ann.token).headers["set-auth-jwt"],
        call("POST /api/auth/login", json={"email": ann.email, "password": PASSWORD}).json["access_token"],
    ]

    for token in tokens:
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["iss"], claims["aud"]) == ("https://api.example.com", "https://notes.example.com")
        assert call("GET /api/tasks", bearer=token).status == 200
        assert call(GET_SESSION, bearer=token).json["user"]["id"] == ann.id
    assert call("GET /api/tasks", bearer=before).code == "INVALID_TOKEN"


def test_a_name_with_any_characters_is_preserved(call: Api, ann: Person) -> None:
    name = 'Ärn "Quote" 作業 🔑'
    call("POST /api/auth/update-user", json={"name": name}, bearer=ann.token)

    assert verify_token(call, call(TOKEN, bearer=ann.token).json["token"])["name"] == name


def test_get_session_returns_a_token_in_a_header(call: Api, ann: Person) -> None:
    response = call(GET_SESSION, bearer=ann.token)

    assert verify_token(call, response.headers["set-auth-jwt"])["sub"] == ann.id
    assert call("GET /api/tasks", bearer=response.headers["set-auth-jwt"]).status == 200
    assert "set-auth-jwt" not in call(GET_SESSION).headers
    assert "set-auth-jwt" not in call(GET_SESSION, bearer="x" * 101).headers


def test_sign_in_returns_the_signed_session_token_in_a_header(call: Api, people: People) -> None:
    response = sign_in(call, people.verified())

    signed = response.headers["set-auth-token"]
    assert signed.startswith(f"{response.json['token']}.")
    assert call(GET_SESSION, bearer=signed).json["user"]["email"] == "ann@example.com"


def assert_oauth_response(call: Api, body: dict[str, Any]) -> None:
    """Assert that the body is an OAuth token response with a working access token."""
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert verify_token(call, body["access_token"])["sub"] == body["user"]["id"]
    assert call("GET /api/tasks", bearer=body["access_token"]).status == 200


def test_login_and_register_return_oauth_token_responses(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    logged_in = call("POST /api/auth/login", json={"email": people.verified("bob"), "password": PASSWORD})
    settings(require_email_verification="false")
    registered = call("POST /api/auth/register", json={"email": "ann@example.com", "password": PASSWORD})

    assert (logged_in.status, registered.status) == (200, 201)
    for response in (logged_in, registered):
        assert_oauth_response(call, response.json)


def test_register_gives_no_token_before_the_address_is_verified(call: Api) -> None:
    response = call("POST /api/auth/register", json={"email": "ann@example.com", "password": PASSWORD})

    assert (response.status, set(response.json)) == (201, {"user"})
    assert cookie_names(response) == [SIGN_UP_COOKIE]


@pytest.mark.parametrize("seconds", [0, 800])
def test_a_token_cannot_be_exchanged_for_a_newer_one(
    call: Api, ann: Person, advance_clock: Callable[..., None], seconds: int
) -> None:
    """A stolen one is valid for minutes, not for the lifetime of its session."""
    token = call(TOKEN, bearer=ann.token).json["token"]
    advance_clock(seconds=seconds)

    assert call(TOKEN, bearer=token).code == "SESSION_REQUIRED"
    assert call(GET_SESSION, bearer=token).headers["set-auth-jwt"] == token
    advance_clock(seconds=901 - seconds)
    assert call(TOKEN, bearer=token).status == 401
