"""S-65: whatever is wrong at the provider, an answer comes in time, nobody is half there, and nobody asks twice."""

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
    """An answer, whole or not."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} So", *headers))
    return head.encode() + b"\r\n" + body


def saying(text: bytes) -> Behaviour:
    """An endpoint that says `text`, and hangs up."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(text)

    return behave


BROKEN = {
    "500": http(500, b"{}"),
    "503 and a page": http(503, b"<html>"),
    "a page": http(200, b"<!doctype html>"),
    "a list": http(200, b"[]"),
    "a number": http(200, b"7"),
    "nothing": http(200, b""),
    "half of JSON": http(200, b'{"access_token": "a'),
    "deep JSON": http(200, b"[" * 100_000),
    "no text": http(200, b"\xff\xfe\x00"),
    "too much": http(200, b"{%s}" % (b" " * 300_000)),
    "less than promised": http(200, b"{}", "content-length: 100"),
    "badly compressed": http(200, b"{}", "content-encoding: gzip"),
    "a redirect": http(302, b"", "location: /elsewhere"),
    "a lasting redirect": http(308, b"", "location: /elsewhere"),
    "no HTTP": b"hello\r\n\r\n",
    "silence": b"",
}
broken = pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
broken_somehow = pytest.mark.parametrize(  # what every endpoint is read by is the same
    "text",
    [
        pytest.param(
            text, id=name, marks=[] if name in {"500", "a page", "deep JSON", "a redirect"} else pytest.mark.slow
        )
        for name, text in BROKEN.items()
    ],
)


def assert_nothing_came_of_it(cloud: Cloud, answer: Response, error: str = "provider_unavailable") -> None:
    """But a word of what went wrong."""
    assert error_of(answer) == error
    assert answer.headers["location"].startswith("https://api.example.com/api/auth/error?")
    assert "set-auth-token" not in answer.headers
    assert not any(all_rows(cloud).values())


# -- Its endpoints ---------------------------------------------------------------------


@broken
@pytest.mark.parametrize("path", ["/token", pytest.param("/jwks", marks=pytest.mark.slow)])
def test_a_broken_endpoint_is_asked_once(
    oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud, path: str, text: bytes
) -> None:
    provider.behaviour[path] = saying(text)

    assert_nothing_came_of_it(cloud, oauth_flow.sign_in())
    assert len(provider.requests(path)) == 1
    assert provider.requests("/elsewhere") == []

    provider.behaviour.clear()
    assert token_of(oauth_flow.sign_in())


@broken_somehow
def test_an_id_token_whose_keys_cannot_be_read_is_nobodys(
    call: Api, google: Provider, cloud: Cloud, text: bytes
) -> None:
    google.behaviour["/jwks"] = saying(text)

    answer = call(SOCIAL, json={"provider": "google", "idToken": {"token": google.id_token()}})

    assert (answer.status, answer.code, answer.cookies) == (502, "PROVIDER_UNAVAILABLE", [])
    assert len(google.requests("/jwks")) == 1
    assert not any(all_rows(cloud).values())


@pytest.mark.parametrize("keys", [[], None, "x", {"a": 1}, [7, "x", None], [{"kty": "RSA", "kid": "first"}]], ids=repr)
def test_without_a_usable_key_nobody_is_believed(
    oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud, keys: object
) -> None:
    provider.behaviour["/jwks"] = lambda handler: reply(handler, 200, {"keys": keys})

    assert_nothing_came_of_it(cloud, oauth_flow.sign_in(), "unable_to_get_user_info")
    assert len(provider.requests("/jwks")) == 1


@pytest.mark.parametrize("endpoint", ["token", "jwks"])
def test_who_is_down_is_told_as_such(
    oauth_flow: OAuthFlow, settings: Callable[..., None], cloud: Cloud, endpoint: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        settings(**{f"google_{endpoint}_url": f"http://127.0.0.1:{closed.getsockname()[1]}"})
        answer = oauth_flow.sign_in()

    assert_nothing_came_of_it(cloud, answer)


@pytest.mark.parametrize("answer", [{"error": "invalid_grant"}, {"error": ["<script>"]}, {}], ids=repr)
def test_a_code_that_is_refused_is_told_as_such(
    oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud, answer: dict[str, Any]
) -> None:
    provider.behaviour["/token"] = lambda handler: reply(handler, 400, answer)

    assert_nothing_came_of_it(cloud, oauth_flow.sign_in(), "invalid_code")
    assert len(provider.requests("/token")) == 1


def test_a_lifetime_that_is_none_keeps_nobody_out(oauth_flow: OAuthFlow, provider: Provider) -> None:
    lifetimes: list[object] = [-1, 1.5, True, "soon", "9" * 30, "9" * 5000, None, []]
    for seconds in lifetimes:
        provider.token_fields = {"expires_in": seconds}
        assert token_of(oauth_flow.sign_in()), seconds


# -- Its time -----------------------------------------------------------------------------


class Slow:
    """An endpoint that says `start`, then a little more again and again where it `drips`, until the test is over."""

    def __init__(self, start: bytes = b"", *, drips: bool = False) -> None:
        self.over, self.has_waited = Event(), Event()
        self._start, self._drips = start, drips

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        """Give up after a minute."""
        with suppress(OSError):
            handler.wfile.write(self._start)
            for _ in range(3000):
                if self.over.wait(0.02):
                    return
                handler.wfile.write(b"x" if self._drips else b"")
        self.has_waited.set()


SLOW = {
    "nothing": Slow(),
    "its body": Slow(http(200, b""), drips=True),
    "its body in chunks": Slow(http(200, b"1;", "transfer-encoding: chunked"), drips=True),
    "its body compressed": Slow(http(200, b"\x1f\x8b\x08\x08\0\0\0\0\0\0", "content-encoding: gzip"), drips=True),
    "its headers": Slow(http(200, b"", "x-slow: ").removesuffix(b"\r\n\r\n"), drips=True),
}


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_a_provider_that_hangs_or_drips_is_waited_for_two_seconds(
    oauth_flow: OAuthFlow,
    cloud: Cloud,
    provider_timeouts: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
    slow: Slow,
) -> None:
    """However little is missing at any time; here it is a tenth of that."""
    assert provider_timeouts["token_endpoint"] == 2
    monkeypatch.setattr(layer("oauth.token_endpoint"), "_SECONDS", 0.2)
    oauth_flow.provider.behaviour["/token"] = slow

    assert_nothing_came_of_it(cloud, oauth_flow.sign_in())

    assert not slow.has_waited.is_set()
    slow.over.set()
    assert len(oauth_flow.provider.requests("/token")) == 1


# -- Our password there -------------------------------------------------------------------


def test_without_our_password_there_nobody_comes_in(oauth_flow: OAuthFlow, provider: Provider, cloud: Cloud) -> None:
    manager = cloud.client("secretsmanager")
    manager.delete_secret(SecretId="google-client-secret", ForceDeleteWithoutRecovery=True)

    assert_nothing_came_of_it(cloud, oauth_flow.sign_in())
    assert provider.requests("/token") == []


def test_a_new_password_is_found_after_the_old_one_failed(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    manager = cloud.client("secretsmanager")
    manager.put_secret_value(SecretId="google-client-secret", SecretString="the one before")
    assert_nothing_came_of_it(cloud, oauth_flow.sign_in(), "invalid_code")
    manager.put_secret_value(SecretId="google-client-secret", SecretString=f"{CLIENT_SECRET}\n")

    assert token_of(oauth_flow.sign_in())


# -- Its description ------------------------------------------------------------------------

DISCOVERY = "/.well-known/openid-configuration"
WRONG: list[dict[str, Any]] = [
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


def assert_not_sent_there(call: Api, oidc: Provider, cloud: Cloud) -> None:
    """One question, and nobody is sent to a page that is not known for sure."""
    answer = call(SOCIAL, json={"provider": "oidc"})
    assert (answer.status, answer.code, answer.cookies) == (502, "PROVIDER_UNAVAILABLE", [])
    assert [asked.path for asked in oidc.received] == [DISCOVERY]
    assert not any(all_rows(cloud).values())


@broken_somehow
def test_a_provider_that_does_not_describe_itself_is_unavailable(
    call: Api, oidc: Provider, cloud: Cloud, text: bytes
) -> None:
    oidc.behaviour[DISCOVERY] = saying(text)

    assert_not_sent_there(call, oidc, cloud)


@pytest.mark.parametrize("said", WRONG, ids=repr)
def test_a_description_that_is_anothers_or_not_safe_is_not_followed(
    call: Api, oidc: Provider, cloud: Cloud, said: dict[str, Any]
) -> None:
    oidc.discovery_fields = said

    assert_not_sent_there(call, oidc, cloud)


def test_a_provider_may_go_away_while_somebody_is_there(call: Api, oidc: Provider, cloud: Cloud) -> None:
    journeys = OAuthFlow(call, oidc, "oidc")
    sent = journeys.begin()
    layer("oauth.providers")._discovered.clear()
    oidc.behaviour[DISCOVERY] = saying(BROKEN["500"])

    assert_nothing_came_of_it(cloud, journeys.complete(sent))
    assert len(oidc.requests(DISCOVERY)) == 2
    assert oidc.requests("/token") == []
