"""GET /.well-known/webauthn: the origins that may use the passkeys of this domain."""

from collections.abc import Callable

from tests.support.calls import Api
from tests.support.passkeys import RELATED


def test_the_origins_are_public_and_may_be_cached(call: Api, settings: Callable[..., None]) -> None:
    settings(passkey_origins=f"https://example.com,https://example.net,android:apk-key-hash:{'x' * 43}")
    response = call(RELATED)

    assert (response.status, response.json) == (200, {"origins": ["https://example.com", "https://example.net"]})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert call.aws_operations == []


def test_by_default_they_are_those_within_the_domain(call: Api, settings: Callable[..., None]) -> None:
    settings(frontend_url="https://Example.com:443/start", cors_origins="https://app.example.com,https://example.net")

    assert call(RELATED).json == {
        "origins": ["https://example.com", "https://api.example.com", "https://app.example.com"]
    }
