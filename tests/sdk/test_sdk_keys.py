"""`check="token"`: the verification of JWTs, and the cache of keys."""

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx2
import jwt
import pytest
from fastapi.testclient import TestClient

from gatehouse_fastapi import Gatehouse
from tests.sdk.apps import app_with
from tests.sdk.callers import bearer
from tests.sdk.signing import Signer, jwks
from tests.support.concurrency import run_concurrently, wait_until
from tests.support.relative_times import FromNow
from tests.support.scripted_service import Behaviour, ScriptedService, respond_with

App = Callable[[Gatehouse], TestClient]
AdvanceClock = Callable[[float], None]


@pytest.fixture
def signer(scripted_service: ScriptedService) -> Signer:
    """A key that the service publishes."""
    signer = Signer("key-1", scripted_service.url)
    scripted_service.behaviours = [respond_with(jwks(signer))]
    return signer


@pytest.fixture
def app(scripted_service: ScriptedService, client_for: App) -> TestClient:
    """An app that verifies tokens."""
    return client_for(Gatehouse(scripted_service.url, check="token", timeout=60))


def status_or_code(app: TestClient, token: str) -> Any:
    """Return the status of a request with the token, or the code of the refusal."""
    response = app.get("/me", headers=bearer(token))
    return response.status_code if response.status_code == 200 else response.json()["code"]


def delayed(behaviour: Behaviour, seconds: float = 0.2) -> Behaviour:
    """Delay a behaviour."""

    def behave(*given: Any) -> None:
        time.sleep(seconds)
        behaviour(*given)

    return behave


# -- Verification -----------------------------------------------------------------------


def test_a_valid_token_is_accepted_until_it_expires(app: TestClient, signer: Signer) -> None:
    """Without this, the refusals below would prove nothing."""
    assert status_or_code(app, signer.token()) == 200
    assert status_or_code(app, signer.token(exp=FromNow(-1))) == 200  # within the leeway
    assert status_or_code(app, signer.token(exp=FromNow(-11))) == "TOKEN_EXPIRED"
    assert status_or_code(app, signer.token(aud=["x", signer.issuer])) == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "https://evil.example"},
        {"nbf": FromNow(600)},
        {"iat": FromNow(600)},
        {"sub": "user-2"},
        {"exp": "soon"},
        {"email": 1},
        *({name: ...} for name in ("sub", "sid", "iss", "aud", "iat", "exp", "id", "email", "emailVerified")),
    ],
    ids=str,
)
def test_a_token_with_invalid_claims_is_refused(app: TestClient, signer: Signer, claims: dict[str, Any]) -> None:
    assert status_or_code(app, signer.token(**claims)) == "INVALID_TOKEN"


def test_the_callers_choice_of_algorithm_is_ignored(app: TestClient, signer: Signer) -> None:
    head, body, signature = signer.token().split(".")
    public = signer.public["x"]

    def with_head(**header: Any) -> str:
        return f"{urlsafe_b64encode(json.dumps({'kid': 'key-1'} | header).encode()).decode().rstrip('=')}.{body}"

    claims = jwt.decode(signer.token(), options={"verify_signature": False})
    for forged in (
        f"{with_head(alg='none')}.",
        f"{with_head(alg='HS256')}.{signature}",
        jwt.encode(claims, public.ljust(64), algorithm="HS256", headers={"kid": "key-1"}),
        f"{with_head(alg='EdDSA', crit=['x'], x=1)}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        Signer("key-1", signer.issuer).token(),
        f"{with_head(alg='EdDSA', kid=None)}.{signature}",
        f"{with_head(alg='EdDSA', kid=1)}.{signature}",
        "." * 2,
        "a" * 8193,
    ):
        assert status_or_code(app, forged) in {"INVALID_TOKEN", "ACCESS_TOKEN_REQUIRED"}, forged[:200]


def test_whom_tokens_are_for_is_a_setting(scripted_service: ScriptedService, signer: Signer, client_for: App) -> None:
    """Where the deployment's `AccessTokenAudience` is another than itself."""
    notes = "https://notes.example.com"
    app = client_for(Gatehouse(scripted_service.url, check="token", audience=notes))

    assert status_or_code(app, signer.token(aud=notes)) == 200
    assert status_or_code(app, signer.token()) == "INVALID_TOKEN"
    assert status_or_code(app, signer.token(aud=notes, iss=notes)) == "INVALID_TOKEN"


def test_the_issuer_may_differ_from_the_base_url(scripted_service: ScriptedService, client_for: App) -> None:
    signer = Signer("key-1", "https://api.example.com")
    scripted_service.behaviours = [respond_with(jwks(signer))]

    assert status_or_code(client_for(Gatehouse(scripted_service.url, check="token")), signer.token()) == "INVALID_TOKEN"
    named = Gatehouse(scripted_service.url, check="token", issuer="https://api.example.com/")
    assert status_or_code(client_for(named), signer.token()) == 200


# -- Reads of the keys --------------------------------------------------------------------


def test_fifty_concurrent_first_requests_read_the_keys_once(scripted_service: ScriptedService, signer: Signer) -> None:
    scripted_service.behaviours = [delayed(scripted_service.behaviours[0])]
    app = app_with(Gatehouse(scripted_service.url, check="token"))

    async def concurrently() -> list[int]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            requests = [client.get("/me", headers=bearer(signer.token())) for _ in range(50)]
            return [response.status_code for response in await asyncio.gather(*requests)]

    assert asyncio.run(concurrently()) == [200] * 50
    assert len(scripted_service.requests) == 1
    assert scripted_service.requests[0].start == "GET /api/auth/jwks HTTP/1.1"


def test_ten_event_loops_read_the_keys_once(scripted_service: ScriptedService, signer: Signer) -> None:
    scripted_service.behaviours = [delayed(scripted_service.behaviours[0])]
    client = TestClient(
        app_with(Gatehouse(scripted_service.url, check="token", timeout=60))
    )  # one loop for each request

    assert run_concurrently(lambda _: status_or_code(client, signer.token()), range(10)) == [200] * 10
    assert len(scripted_service.requests) == 1


def test_a_slow_read_is_shared(scripted_service: ScriptedService, signer: Signer, advance_clock: AdvanceClock) -> None:
    scripted_service.behaviours = [delayed(scripted_service.behaviours[0])]
    client = TestClient(app_with(Gatehouse(scripted_service.url, check="token", timeout=60)))

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(status_or_code, client, signer.token())
        wait_until(lambda: scripted_service.requests)
        advance_clock(5)
        assert status_or_code(client, signer.token()) == first.result() == 200
    assert len(scripted_service.requests) == 1


def test_a_cancelled_request_does_not_cancel_the_read_for_others(
    scripted_service: ScriptedService, signer: Signer
) -> None:
    """The request that started the read is cancelled."""
    (behaviour,), cancelled = scripted_service.behaviours, Event()
    scripted_service.behaviours = [lambda *given: cancelled.wait(60) and behaviour(*given)]
    app = app_with(Gatehouse(scripted_service.url, check="token", timeout=60))

    async def cancel_first() -> list[Any]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            requests = [asyncio.ensure_future(client.get("/me", headers=bearer(signer.token()))) for _ in range(3)]
            await asyncio.to_thread(wait_until, lambda: scripted_service.requests)
            requests[0].cancel()
            cancelled.set()
            return await asyncio.gather(*requests, return_exceptions=True)

    first, *others = asyncio.run(cancel_first())
    assert isinstance(first, asyncio.CancelledError)
    assert [response.status_code for response in others] == [200, 200]
    assert len(scripted_service.requests) == 1


def test_unknown_key_ids_cause_at_most_one_read_in_thirty_seconds(
    app: TestClient, scripted_service: ScriptedService, signer: Signer, advance_clock: AdvanceClock
) -> None:
    assert status_or_code(app, signer.token()) == 200

    def flood() -> None:
        for number in range(20):
            assert status_or_code(app, Signer(f"made-up-{number}", scripted_service.url).token()) == "INVALID_TOKEN"

    flood()
    assert len(scripted_service.requests) == 1
    advance_clock(30)
    flood()
    assert len(scripted_service.requests) == 2
    assert status_or_code(app, signer.token()) == 200


@pytest.mark.parametrize(
    ("seconds", "with_newer"), [(30, True), (300, False)], ids=["with a newer key", "at the latest"]
)
def test_a_removed_key_is_refused_after_the_next_read(  # noqa: PLR0917 -- four fixtures and a case
    app: TestClient,
    scripted_service: ScriptedService,
    signer: Signer,
    advance_clock: AdvanceClock,
    seconds: int,
    with_newer: bool,  # noqa: FBT001 -- a case
) -> None:
    assert status_or_code(app, signer.token()) == 200
    newer = Signer("key-2", scripted_service.url)
    scripted_service.behaviours = [respond_with(jwks(newer))]

    advance_clock(seconds - 1)
    assert not with_newer or status_or_code(app, newer.token()) == "INVALID_TOKEN"
    assert status_or_code(app, signer.token()) == 200
    advance_clock(1)
    assert not with_newer or status_or_code(app, newer.token()) == 200
    assert status_or_code(app, signer.token()) == "INVALID_TOKEN"


# -- Failed reads ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [respond_with("", 500), respond_with("no JSON"), respond_with(jwks())], ids=["500", "no JSON", "no keys"]
)
def test_an_outage_of_an_hour_is_bridged(
    app: TestClient, scripted_service: ScriptedService, signer: Signer, advance_clock: AdvanceClock, failure: Behaviour
) -> None:
    behaviours, unknown = scripted_service.behaviours, Signer("unknown", scripted_service.url)
    assert status_or_code(app, signer.token()) == 200

    scripted_service.behaviours = [failure]
    advance_clock(300)
    assert status_or_code(app, signer.token()) == 200
    assert status_or_code(app, unknown.token()) == "AUTH_UNAVAILABLE"  # the key may be new
    assert len(scripted_service.requests) == 2
    advance_clock(3299)
    assert status_or_code(app, signer.token()) == 200
    advance_clock(1)
    assert status_or_code(app, signer.token()) == "AUTH_UNAVAILABLE"
    assert app.get("/maybe", headers=bearer(signer.token())).status_code == 503
    assert app.get("/maybe").json() is None

    scripted_service.behaviours = behaviours
    advance_clock(30)
    assert status_or_code(app, signer.token()) == 200
    assert status_or_code(app, unknown.token()) == "INVALID_TOKEN"


def test_only_the_first_request_waits_for_a_service_that_hangs(
    client_for: App, scripted_service: ScriptedService, signer: Signer, advance_clock: AdvanceClock
) -> None:
    app = client_for(Gatehouse(scripted_service.url, check="token", timeout=3))
    assert status_or_code(app, signer.token()) == 200
    end = Event()
    scripted_service.behaviours = [lambda *_: end.wait(60)]

    advance_clock(300)
    assert status_or_code(app, signer.token()) == 200
    advance_clock(30)
    begun = time.monotonic()
    assert status_or_code(app, signer.token()) == 200
    assert time.monotonic() - begun < 2  # of the timeout of three seconds
    end.set()


def test_without_any_key_the_service_is_unavailable_until_a_retry_two_seconds_later(
    app: TestClient, scripted_service: ScriptedService, signer: Signer, advance_clock: AdvanceClock
) -> None:
    behaviours, scripted_service.behaviours = scripted_service.behaviours, [respond_with("", 503)]

    for _ in range(5):
        response = app.get("/me", headers=bearer(signer.token()))
        assert (response.status_code, response.json()["code"]) == (503, "AUTH_UNAVAILABLE")
        assert response.headers["retry-after"] == "5"
    assert len(scripted_service.requests) == 1
    scripted_service.behaviours = behaviours
    advance_clock(2)
    assert status_or_code(app, signer.token()) == 200


def test_keys_of_other_kinds_are_ignored(app: TestClient, scripted_service: ScriptedService, signer: Signer) -> None:
    exchange = Signer("key-2", scripted_service.url)
    others: list[Any] = [
        exchange.public | {"crv": "X25519"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "key-1"},
        {"kty": "OKP", "crv": "X25519", "x": signer.public["x"], "kid": "key-1"},
        {"kty": "OKP", "crv": "Ed25519", "x": "short", "kid": "key-1"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "key-1"},
        {"kty": "OKP", "crv": "Ed25519", "x": signer.public["x"]},
        "key-1",
        None,
    ]
    scripted_service.behaviours = [respond_with(json.dumps({"keys": [signer.public, *others]}))]

    assert status_or_code(app, signer.token()) == 200
    assert status_or_code(app, exchange.token()) == "INVALID_TOKEN"
