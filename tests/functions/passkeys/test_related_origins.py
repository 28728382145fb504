"""GET /.well-known/webauthn: the origins that may use the passkeys of this domain; no others can."""

from collections.abc import Callable
from dataclasses import replace

from tests.support.authenticator import ORIGIN
from tests.support.calls import Api
from tests.support.passkeys import RELATED, Passkeys
from tests.support.people import Person


def test_the_origins_are_public_and_may_be_cached(call: Api, settings: Callable[..., None]) -> None:
    settings(passkey_origins=f"https://example.com,https://example.net,android:apk-key-hash:{'x' * 43}")
    response = call(RELATED)

    assert (response.status, response.json) == (200, {"origins": ["https://example.com", "https://example.net"]})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert call.aws_operations == []


def test_by_default_they_are_those_of_https_within_the_domain(call: Api, settings: Callable[..., None]) -> None:
    others = "https://app.example.com,https://example.net,http://dev.example.com"
    settings(frontend_url="https://Example.com:443/start", cors_origins=others)

    assert call(RELATED).json == {
        "origins": ["https://example.com", "https://api.example.com", "https://app.example.com"]
    }


def test_the_origins_are_a_setting(ann: Person, passkeys: Passkeys, settings: Callable[..., None]) -> None:
    app = "android:apk-key-hash:" + "x" * 43
    settings(passkey_origins=f"https://app.example.com,{app}")
    made = passkeys.added(ann, origin=app)

    assert passkeys.sign_in(made).status == 200
    assert passkeys.sign_in(replace(made, origin="https://app.example.com")).status == 200
    assert passkeys.sign_in(replace(made, origin=ORIGIN)).status == 400


def test_frontends_within_the_domain_may_use_passkeys(
    ann: Person, passkeys: Passkeys, settings: Callable[..., None]
) -> None:
    """Those of CorsOrigins, that is; not all of which are within the domain."""
    foreign = ("https://example.com.evil.test", "https://badexample.com")
    settings(passkey_rp_id="example.com", cors_origins=",".join(["https://app.example.com", *foreign]))
    made = passkeys.added(ann, origin="https://app.example.com")

    assert passkeys.sign_in(replace(made, origin=ORIGIN)).status == 200
    for origin in (*foreign, "https://example.com"):
        assert passkeys.sign_in(replace(made, origin=origin)).status == 400
