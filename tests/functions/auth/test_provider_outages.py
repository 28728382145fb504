"""A provider that is slow or down: its timeout is a setting, and what it published is used on for an hour."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.auth.test_provider_failures import DISCOVERY, FAILURES, sending
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.oauth_flow import SOCIAL, OAuthFlow, error_of, token_of
from tests.support.provider import Provider, reply

JWKS = "/jwks"
DOCUMENTS = pytest.mark.parametrize("path", [DISCOVERY, JWKS])
DOWN = sending(FAILURES["500"])


@pytest.fixture
def flow(call: Api, oidc: Provider) -> OAuthFlow:
    """Sign-ins at a provider that publishes both a description and keys, of which each is known after the first."""
    made = OAuthFlow(call, oidc, "oidc")
    assert token_of(made.sign_in())
    return made


@pytest.fixture
def pass_time(call: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let documents become older. What tokens are compared with stays: PyJWT has a clock of its own."""
    assert call
    clock, passed = layer("clock"), timedelta()
    before = clock.monotonic

    def add(**step: float) -> None:
        nonlocal passed
        passed += timedelta(**step)

    monkeypatch.setattr(clock, "monotonic", lambda: before() + passed.total_seconds())
    return add


def asked(provider: Provider, path: str) -> int:
    """Return how often a document was requested."""
    return len(provider.requests(path))


# -- Timeouts --------------------------------------------------------------------------


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each request to a provider was given."""
    outbound, seconds_of = layer("outbound"), []
    real = outbound.fetch

    def fetch(url: str, *, seconds: float, **more: Any) -> Any:
        seconds_of.append(seconds)
        return real(url, seconds=seconds, **more)

    monkeypatch.setattr(outbound, "fetch", fetch)
    return seconds_of


@pytest.mark.parametrize("seconds", ["1", "5"])
def test_each_request_to_a_provider_has_the_time_that_is_set(
    call: Api, oidc: Provider, allowed: list[float], settings: Callable[..., None], seconds: str
) -> None:
    """Its description, its token endpoint, its keys."""
    settings(provider_timeout=seconds)

    assert token_of(OAuthFlow(call, oidc, "oidc").sign_in())

    assert allowed == [int(seconds)] * 3


# -- What is kept ----------------------------------------------------------------------


@DOCUMENTS
def test_a_document_is_kept_for_an_hour(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None], path: str
) -> None:
    pass_time(minutes=59)
    assert token_of(flow.sign_in())
    assert asked(oidc, path) == 1

    pass_time(minutes=2)
    assert token_of(flow.sign_in())
    assert asked(oidc, path) == 2


@DOCUMENTS
@pytest.mark.parametrize("failure", ["500", "a page", "no response", "too large"])
def test_the_last_good_document_is_used_for_another_hour_while_there_is_no_new_one(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None], path: str, failure: str
) -> None:
    oidc.behaviour[path] = sending(FAILURES[failure])

    for _ in range(2):
        pass_time(minutes=59)
        assert token_of(flow.sign_in())
    assert asked(oidc, path) == 2


@DOCUMENTS
def test_after_that_hour_the_provider_is_unavailable_until_it_is_back(
    call: Api, flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None], path: str
) -> None:
    oidc.behaviour[path] = DOWN
    by_id_token = {"provider": "oidc", "idToken": {"token": oidc.id_token()}}
    pass_time(hours=2)
    assert call(SOCIAL, json=by_id_token).code == "PROVIDER_UNAVAILABLE"

    oidc.behaviour.clear()
    assert call(SOCIAL, json=by_id_token).status == 200
    assert token_of(flow.sign_in())


@DOCUMENTS
def test_a_provider_that_is_down_is_not_asked_at_every_request(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None], path: str
) -> None:
    """Each attempt may take the whole timeout."""
    oidc.behaviour[path] = DOWN
    pass_time(minutes=61)

    for _ in range(4):
        assert token_of(flow.sign_in())
    assert asked(oidc, path) == 2

    pass_time(seconds=31)
    oidc.behaviour.clear()
    assert token_of(flow.sign_in())
    assert asked(oidc, path) == 3


UNUSABLE = [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": None}]


@pytest.mark.parametrize("document", UNUSABLE, ids=repr)
def test_an_unusable_description_does_not_replace_a_good_one(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None], document: dict[str, Any]
) -> None:
    pass_time(minutes=61)
    oidc.discovery_fields = document

    assert token_of(flow.sign_in())
    assert asked(oidc, DISCOVERY) == 2


def test_a_rotated_key_is_found_at_once_and_a_removed_one_is_not_kept(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None]
) -> None:
    pass_time(minutes=1)
    oidc.keys, oidc.signing_key = ("second",), "second"
    assert token_of(flow.sign_in())
    assert asked(oidc, JWKS) == 2

    oidc.signing_key = "first"
    assert error_of(flow.sign_in()) == "unable_to_get_user_info"


def test_a_rotated_key_is_found_while_older_ones_are_used_on(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None]
) -> None:
    """The pause is for the same keys; a token of another key asks for it as soon as the provider is back."""
    oidc.behaviour[JWKS] = DOWN
    pass_time(minutes=61)
    assert token_of(flow.sign_in())
    oidc.keys, oidc.signing_key = ("second",), "second"
    assert error_of(flow.sign_in()) == "provider_unavailable"

    oidc.behaviour.clear()
    assert token_of(flow.sign_in())


def test_without_any_key_in_it_a_set_of_keys_is_a_set_without_keys(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None]
) -> None:
    """A provider that withdraws its keys means it."""
    oidc.behaviour[JWKS] = lambda handler: reply(handler, 200, {"keys": []})
    pass_time(minutes=61)

    assert error_of(flow.sign_in()) == "unable_to_get_user_info"


def test_what_is_used_on_is_logged(
    flow: OAuthFlow, oidc: Provider, pass_time: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    oidc.behaviour[DISCOVERY] = DOWN
    pass_time(minutes=61)

    assert token_of(flow.sign_in())

    (line,) = (record for record in caplog.records if record.getMessage() == "provider's document not renewed")
    assert vars(line)["url"] == f"{oidc.url}{DISCOVERY}"
    assert "answered with 500" in vars(line)["cause"]
