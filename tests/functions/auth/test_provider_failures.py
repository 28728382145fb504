"""S-65: whatever fails at a provider, we respond in time, write nothing, and request once."""

import socket
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.oauth_flow import SOCIAL, OAuthFlow, error_of, token_of
from tests.support.provider import CLIENT_SECRET, Behaviour, Provider, reply
from tests.support.tables import all_rows


def http(status: int, body: bytes, *headers: str) -> bytes:
    """Return an HTTP response, complete or not."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} So", *headers))
    return head.encode() + b"\r\n" + body


def sending(text: bytes) -> Behaviour:
    """Return an endpoint that sends `text` and closes the connection."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(text)

    return behave


FAILURES = {
    "500": http(500, b"{}"),
    "503 and a page": http(503, b"<html>"),
    "a page": http(200, b"<!doctype html>"),
    "a list": http(200, b"[]"),
    "a number": http(200, b"7"),
    "an empty body": http(200, b""),
    "truncated JSON": http(200, b'{"access_token": "a'),
    "deep JSON": http(200, b"[" * 100_000),
    "not UTF-8": http(200, b"\xff\xfe\x00"),
    "too large": http(200, b"{%s}" % (b" " * 300_000)),
    "shorter than its content-length": http(200, b"{}", "content-length: 100"),
    "falsely compressed": http(200, b"{}", "content-encoding: gzip"),
    "a redirect": http(302, b"", "location: /elsewhere"),
    "a permanent redirect": http(308, b"", "location: /elsewhere"),
    "no HTTP": b"hello\r\n\r\n",
    "no response": b"",
}
any_failure = pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES)
some_failures = pytest.mark.parametrize(  # what every endpoint is read by is the same
    "text",
    [
        pytest.param(
            text, id=name, marks=[] if name in {"500", "a page", "deep JSON", "a redirect"} else pytest.mark.slow
        )
        for name, text in FAILURES.items()
    ],
)


def assert_failed(cloud: Cloud, response: Response, error: str = "provider_unavailable") -> None:
    """Assert that the response is a redirect with the error and that nothing was written."""
    assert error_of(response) == error
    assert response.headers["location"].startswith("https://api.example.com/api/auth/error?")
    assert "set-auth-token" not in response.headers
    assert not any(all_rows(cloud).values())


# -- Its endpoints ---------------------------------------------------------------------


@any_failure
@pytest.mark.parametrize("path", ["/token", pytest.param("/jwks", marks=pytest.mark.slow)])
def test_a_failing_endpoint_is_requested_once(
    oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud, path: str, text: bytes
) -> None:
    provider.behaviour[path] = sending(text)

    assert_failed(cloud, oauth_flow.sign_in())
    assert len(provider.requests(path)) == 1
    assert provider.requests("/elsewhere") == []

    provider.behaviour.clear()
    assert token_of(oauth_flow.sign_in())


@some_failures
def test_an_id_token_cannot_be_verified_without_the_keys(
    call: Api, google: Provider, cloud: Cloud, text: bytes
) -> None:
    google.behaviour["/jwks"] = sending(text)

    response = call(SOCIAL, json={"provider": "google", "idToken": {"token": google.id_token()}})

    assert (response.status, response.code, response.cookies) == (502, "PROVIDER_UNAVAILABLE", [])
    assert len(google.requests("/jwks")) == 1
    assert not any(all_rows(cloud).values())


@pytest.mark.parametrize("keys", [[], None, "x", {"a": 1}, [7, "x", None], [{"kty": "RSA", "kid": "first"}]], ids=repr)
def test_without_a_usable_key_no_id_token_is_accepted(
    oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud, keys: object
) -> None:
    provider.behaviour["/jwks"] = lambda handler: reply(handler, 200, {"keys": keys})

    assert_failed(cloud, oauth_flow.sign_in(), "unable_to_get_user_info")
    assert len(provider.requests("/jwks")) == 1


@pytest.mark.parametrize("endpoint", ["token", "jwks"])
def test_an_unreachable_endpoint_is_reported_as_unavailable(
    oauth_flow: OAuthFlow, settings: Callable[..., None], cloud: Cloud, endpoint: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        settings(**{f"google_{endpoint}_url": f"http://127.0.0.1:{closed.getsockname()[1]}"})
        response = oauth_flow.sign_in()

    assert_failed(cloud, response)


@pytest.mark.parametrize("response", [{"error": "invalid_grant"}, {"error": ["<script>"]}, {}], ids=repr)
def test_a_refused_code_is_reported_as_invalid(
    oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud, response: dict[str, Any]
) -> None:
    provider.behaviour["/token"] = lambda handler: reply(handler, 400, response)

    assert_failed(cloud, oauth_flow.sign_in(), "invalid_code")
    assert len(provider.requests("/token")) == 1


def test_an_invalid_token_lifetime_does_not_prevent_the_sign_in(oauth_flow: OAuthFlow, provider: Provider) -> None:
    lifetimes: list[object] = [-1, 1.5, True, "soon", "9" * 30, "9" * 5000, None, []]
    for seconds in lifetimes:
        provider.token_fields = {"expires_in": seconds}
        assert token_of(oauth_flow.sign_in()), seconds


# -- Timeouts -----------------------------------------------------------------------------


class Slow:
    """An endpoint that sends `start` and, where it `drips`, single bytes until the test ends."""

    def __init__(self, start: bytes = b"", *, drips: bool = False) -> None:
        self.over, self.has_waited = Event(), Event()
        self._start, self._drips = start, drips

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        """Stop after a minute."""
        with suppress(OSError):
            handler.wfile.write(self._start)
            for _ in range(3000):
                if self.over.wait(0.02):
                    return
                handler.wfile.write(b"x" if self._drips else b"")
            self.has_waited.set()


SLOW = {
    "no byte": Slow(),
    "a body": Slow(http(200, b""), drips=True),
    "a body in chunks": Slow(http(200, b"1;", "transfer-encoding: chunked"), drips=True),
    "a compressed body": Slow(http(200, b"\x1f\x8b\x08\x08\0\0\0\0\0\0", "content-encoding: gzip"), drips=True),
    "headers": Slow(http(200, b"", "x-slow: ").removesuffix(b"\r\n\r\n"), drips=True),
}


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_the_timeout_is_for_the_whole_response(
    oauth_flow: OAuthFlow, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, slow: Slow
) -> None:
    """However short each pause is. Here the limit is 0.2 seconds; test_provider_outages has the setting."""
    real = layer("outbound").fetch
    monkeypatch.setattr(layer("outbound"), "fetch", lambda url, **more: real(url, **more | {"seconds": 0.2}))
    oauth_flow.provider.behaviour["/token"] = slow

    assert_failed(cloud, oauth_flow.sign_in())

    assert not slow.has_waited.is_set()
    slow.over.set()
    assert len(oauth_flow.provider.requests("/token")) == 1


# -- Our client secret --------------------------------------------------------------------


def test_without_the_client_secret_nobody_can_sign_in(oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud) -> None:
    manager = cloud.client("secretsmanager")
    manager.delete_secret(SecretId="google-client-secret", ForceDeleteWithoutRecovery=True)

    assert_failed(cloud, oauth_flow.sign_in())
    assert provider.requests("/token") == []


def test_a_new_client_secret_is_loaded_after_the_old_one_failed(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    manager = cloud.client("secretsmanager")
    manager.put_secret_value(SecretId="google-client-secret", SecretString="the one before")
    assert_failed(cloud, oauth_flow.sign_in(), "invalid_code")
    manager.put_secret_value(SecretId="google-client-secret", SecretString=f"{CLIENT_SECRET}\n")

    assert token_of(oauth_flow.sign_in())


# -- Discovery ------------------------------------------------------------------------------

DISCOVERY = "/.well-known/openid-configuration"
INVALID: list[dict[str, Any]] = [
    {"issuer": "https://evil.example"},
    {"issuer": None},
    {"authorization_endpoint": "http://evil.example/authorize"},
    {"token_endpoint": "http://127.0.0.1.evil.example/token"},
    {"jwks_uri": "http://evil.example/jwks"},
    {"jwks_uri": "file:///etc/passwd"},
    {"jwks_uri": None},
    {"token_endpoint": 7},
    {"token_endpoint": "https://["},
    {"token_endpoint_auth_methods_supported": 7},
    {"id_token_signing_alg_values_supported": [["RS256"]]},
]


def assert_unavailable(call: Api, oidc: Provider, cloud: Cloud) -> None:
    """Assert that discovery was requested once and that the user was not sent to the provider."""
    response = call(SOCIAL, json={"provider": "oidc"})
    assert (response.status, response.code, response.cookies) == (502, "PROVIDER_UNAVAILABLE", [])
    assert [asked.path for asked in oidc.received] == [DISCOVERY]
    assert not any(all_rows(cloud).values())


@some_failures
def test_a_provider_without_valid_discovery_is_unavailable(
    call: Api, oidc: Provider, cloud: Cloud, text: bytes
) -> None:
    oidc.behaviour[DISCOVERY] = sending(text)

    assert_unavailable(call, oidc, cloud)


@pytest.mark.parametrize("document", INVALID, ids=repr)
def test_another_providers_or_an_unsafe_discovery_document_is_refused(
    call: Api, oidc: Provider, cloud: Cloud, document: dict[str, Any]
) -> None:
    oidc.discovery_fields = document

    assert_unavailable(call, oidc, cloud)


def test_discovery_may_fail_during_a_sign_in(call: Api, oidc: Provider, cloud: Cloud) -> None:
    flow = OAuthFlow(call, oidc, "oidc")
    sent = flow.begin()
    layer("oauth.providers")._description.cache_clear()
    oidc.behaviour[DISCOVERY] = sending(FAILURES["500"])

    assert_failed(cloud, flow.complete(sent))
    assert len(oidc.requests(DISCOVERY)) == 2
    assert oidc.requests("/token") == []
