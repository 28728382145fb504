"""Cookies, byte for byte as the better-auth client expects them."""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from urllib.parse import quote

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import PASSWORD, People

SECURE, PLAIN = "__Secure-better-auth", "better-auth"


def sign_in_new_user(call: Api, people: People, **more: object) -> Response:
    """Sign in a new user."""
    return call("POST /api/auth/sign-in/email", json={"email": people.verified(), "password": PASSWORD, **more})


def test_the_session_cookie_is_the_signed_token_percent_encoded(call: Api, people: People, cloud: Cloud) -> None:
    """The signature is recomputed here from the secret."""
    response = sign_in_new_user(call, people)

    secret = cloud.client("secretsmanager").get_secret_value(SecretId=layer("config").config().secret)["SecretString"]
    key = digest(digest(b"gatehouse", secret.encode(), sha256), b"gatehouse cookie\x01", sha256)
    token = response.json["token"]
    signed = f"{token}.{b64encode(digest(key, token.encode(), sha256)).decode()}"
    value = quote(signed, safe="")
    assert response.cookies == [
        f"{SECURE}.session_token={value}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"
    ]
    assert response.headers["set-auth-token"] == signed
    assert len(response.cookies[0]) < 4096


def test_a_session_that_is_not_remembered_has_two_session_cookies(call: Api, people: People) -> None:
    session, dont_remember = sign_in_new_user(call, people, rememberMe=False).cookies

    assert session.partition(";")[2] == " Path=/; HttpOnly; Secure; SameSite=Lax"
    assert dont_remember.startswith(f"{SECURE}.dont_remember=true.")
    assert dont_remember.partition(";")[2] == " Path=/; HttpOnly; Secure; SameSite=Lax"


@pytest.mark.parametrize(
    ("given", "prefix", "attribute"),
    [
        ({"base_url": "https://api.example.com"}, SECURE, " Secure"),
        ({"base_url": ""}, SECURE, " Secure"),
        ({"base_url": "http://localhost:3000"}, PLAIN, ""),
        ({"base_url": "http://localhost:3000", "secure_cookies": "on"}, SECURE, " Secure"),
        ({"base_url": "https://api.example.com", "secure_cookies": "off"}, PLAIN, ""),
    ],
)
def test_cookies_are_secure_according_to_the_public_url_or_the_setting(
    call: Api, settings: Callable[..., None], given: dict[str, str], prefix: str, attribute: str
) -> None:
    settings(**given)

    cookies = call("POST /api/auth/sign-out").cookies

    assert all(cookie.startswith(f"{prefix}.") for cookie in cookies)
    assert all((" Secure" in cookie.split(";")) is bool(attribute) for cookie in cookies)


def test_no_header_disables_secure(call: Api, people: People) -> None:
    headers = {"x-forwarded-proto": "http", "forwarded": "proto=http", "host": "localhost"}
    body = {"email": people.verified(), "password": PASSWORD}

    response = call("POST /api/auth/sign-in/email", json=body, headers=headers)

    assert response.cookies[0].startswith(f"{SECURE}.session_token=")


def test_only_the_exact_cookie_name_is_accepted(call: Api, people: People) -> None:
    cookie = people.signed_in().cookie
    value = cookie.partition("=")[2]

    def is_signed_in(*cookies: str) -> bool:
        return call("GET /api/auth/get-session", cookies=list(cookies)).text != "null"

    assert is_signed_in("theme=dark", cookie, "a=b")
    assert is_signed_in(f'{SECURE}.session_token="{value}"')
    assert is_signed_in(cookie, f"{SECURE}.session_token=other")
    assert not is_signed_in(f"{PLAIN}.session_token={value}")
    assert not is_signed_in(f"x{cookie}")


def test_ghsa_wmjr_v86c_m9jj_a_cookie_with_an_invalid_signature_is_ignored(call: Api, people: People) -> None:
    value = people.signed_in().cookie.partition("=")[2]
    token, _, signature = value.partition(".")
    forged = [f"{value}x", token, f"{token}.", f".{signature}", f"{token}.{signature}=", f"{token}..{signature}"]

    for text in (*forged, "%", "%ff%fe", ";;=;"):
        response = call("GET /api/auth/get-session", cookies=[f"{SECURE}.session_token={text}"])
        assert (response.status, response.text, call.aws_operations) == (200, "null", []), text


def test_a_signature_is_bound_to_its_token(call: Api, people: People) -> None:
    ann, bob = people.signed_in("ann"), people.signed_in("bob")
    mixed = ann.cookie.replace(ann.token, bob.token)

    assert call("GET /api/auth/get-session", cookies=[mixed]).text == "null"
    assert call("GET /api/auth/get-session", bearer=mixed.partition("=")[2]).text == "null"
    assert call.aws_operations == []
