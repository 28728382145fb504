"""JWTs checked offline: which are good, and how the keys are read, kept and let go."""

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
from tests.sdk.scripted_service import Behaviour, ScriptedService, response
from tests.sdk.signing import Signer, jwks
from tests.support.concurrency import run_concurrently, wait_until
from tests.support.relative_times import FromNow

App = Callable[[Gatehouse], TestClient]
Later = Callable[[float], None]


@pytest.fixture
def signer(scripted_service: ScriptedService) -> Signer:
    """The key of a service that shows it."""
    signer = Signer("key-1", scripted_service.url)
    scripted_service.answers = response(jwks(signer))
    return signer


@pytest.fixture
def app(scripted_service: ScriptedService, client_for: App) -> TestClient:
    """An app that checks tokens."""
    return client_for(Gatehouse(scripted_service.url, check="token", timeout=60))


def seen(app: TestClient, token: str) -> Any:
    """What the app answers to a token: the code of a refusal, or the status."""
    answer = app.get("/me", headers=bearer(token))
    return answer.status_code if answer.status_code == 200 else answer.json()["code"]


def slowly(behaviour: Behaviour, seconds: float = 0.2) -> Behaviour:
    """The same, after a while."""

    def answer(connection: Any) -> None:
        time.sleep(seconds)
        behaviour(connection)

    return answer


# -- Which tokens are good --------------------------------------------------------------


def test_a_good_token_is_good_until_it_expires(app: TestClient, signer: Signer) -> None:
    """Without which the refusals below would mean nothing."""
    assert seen(app, signer.token()) == 200
    assert seen(app, signer.token(exp=FromNow(-1))) == 200  # clocks differ
    assert seen(app, signer.token(exp=FromNow(-11))) == "TOKEN_EXPIRED"
    assert seen(app, signer.token(aud=["x", signer.issuer])) == 200


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
def test_a_token_with_other_claims_is_not(app: TestClient, signer: Signer, claims: dict[str, Any]) -> None:
    assert seen(app, signer.token(**claims)) == "INVALID_TOKEN"


def test_the_algorithm_is_not_for_the_caller_to_choose(app: TestClient, signer: Signer) -> None:
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
        assert seen(app, forged) in {"INVALID_TOKEN", "ACCESS_TOKEN_REQUIRED"}, forged[:200]


def test_the_issuer_may_have_another_name(scripted_service: ScriptedService, client_for: App) -> None:
    signer = Signer("key-1", "https://api.example.com")
    scripted_service.answers = response(jwks(signer))

    assert seen(client_for(Gatehouse(scripted_service.url, check="token")), signer.token()) == "INVALID_TOKEN"
    named = Gatehouse(scripted_service.url, check="token", issuer="https://api.example.com/")
    assert seen(client_for(named), signer.token()) == 200


# -- How often keys are read --------------------------------------------------------------


def test_fifty_first_requests_read_the_keys_once(scripted_service: ScriptedService, signer: Signer) -> None:
    scripted_service.answers = slowly(scripted_service.answers)
    app = app_with(Gatehouse(scripted_service.url, check="token"))

    async def all_at_once() -> list[int]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            asked = [client.get("/me", headers=bearer(signer.token())) for _ in range(50)]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    assert asyncio.run(all_at_once()) == [200] * 50
    assert len(scripted_service.asked) == 1
    assert scripted_service.asked[0].startswith("GET /api/auth/jwks HTTP/1.1")


def test_so_do_event_loops_in_ten_threads(scripted_service: ScriptedService, signer: Signer) -> None:
    scripted_service.answers = slowly(scripted_service.answers)
    client = TestClient(app_with(Gatehouse(scripted_service.url, check="token", timeout=60)))  # a loop for each request

    assert run_concurrently(lambda _: seen(client, signer.token()), range(10)) == [200] * 10
    assert len(scripted_service.asked) == 1


def test_a_read_that_takes_long_is_joined_too(
    scripted_service: ScriptedService, signer: Signer, advance_clock: Later
) -> None:
    scripted_service.answers = slowly(scripted_service.answers)
    client = TestClient(app_with(Gatehouse(scripted_service.url, check="token", timeout=60)))

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(seen, client, signer.token())
        wait_until(lambda: scripted_service.asked)
        advance_clock(5)
        assert seen(client, signer.token()) == first.result() == 200
    assert len(scripted_service.asked) == 1


def test_who_gives_up_takes_nobody_along(scripted_service: ScriptedService, signer: Signer) -> None:
    """The first to need the keys goes away while they are read."""
    answers, gone_away = scripted_service.answers, Event()
    scripted_service.answers = lambda connection: gone_away.wait(60) and answers(connection)
    app = app_with(Gatehouse(scripted_service.url, check="token", timeout=60))

    async def one_gives_up() -> list[Any]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            asked = [asyncio.ensure_future(client.get("/me", headers=bearer(signer.token()))) for _ in range(3)]
            await asyncio.to_thread(wait_until, lambda: scripted_service.asked)
            asked[0].cancel()
            gone_away.set()
            return await asyncio.gather(*asked, return_exceptions=True)

    gone, *others = asyncio.run(one_gives_up())
    assert isinstance(gone, asyncio.CancelledError)
    assert [answer.status_code for answer in others] == [200, 200]
    assert len(scripted_service.asked) == 1


def test_strangers_cannot_make_an_app_ask_more_than_every_thirty_seconds(
    app: TestClient, scripted_service: ScriptedService, signer: Signer, advance_clock: Later
) -> None:
    assert seen(app, signer.token()) == 200

    def flood() -> None:
        for number in range(20):
            assert seen(app, Signer(f"made-up-{number}", scripted_service.url).token()) == "INVALID_TOKEN"

    flood()
    assert len(scripted_service.asked) == 1
    advance_clock(30)
    flood()
    assert len(scripted_service.asked) == 2
    assert seen(app, signer.token()) == 200


@pytest.mark.parametrize(
    ("seconds", "with_newer"), [(30, True), (300, False)], ids=["where a newer one is shown", "at the latest"]
)
def test_a_removed_key_dies_when_keys_are_read_anew(  # noqa: PLR0917 -- four fixtures and a case
    app: TestClient,
    scripted_service: ScriptedService,
    signer: Signer,
    advance_clock: Later,
    seconds: int,
    with_newer: bool,  # noqa: FBT001 -- a case
) -> None:
    assert seen(app, signer.token()) == 200
    newer = Signer("key-2", scripted_service.url)
    scripted_service.answers = response(jwks(newer))

    advance_clock(seconds - 1)
    assert not with_newer or seen(app, newer.token()) == "INVALID_TOKEN"
    assert seen(app, signer.token()) == 200
    advance_clock(1)
    assert not with_newer or seen(app, newer.token()) == 200
    assert seen(app, signer.token()) == "INVALID_TOKEN"


# -- When they cannot be read ---------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble", [response("", 500), response("no JSON"), response(jwks())], ids=["500", "garbage", "no keys"]
)
def test_an_hour_without_the_service_goes_unnoticed(
    app: TestClient, scripted_service: ScriptedService, signer: Signer, advance_clock: Later, trouble: Behaviour
) -> None:
    working, stranger = scripted_service.answers, Signer("unknown", scripted_service.url)
    assert seen(app, signer.token()) == 200

    scripted_service.answers = trouble
    advance_clock(300)
    assert seen(app, signer.token()) == 200
    assert seen(app, stranger.token()) == "AUTH_UNAVAILABLE"  # it may be new
    assert len(scripted_service.asked) == 2
    advance_clock(3299)
    assert seen(app, signer.token()) == 200
    advance_clock(1)
    assert seen(app, signer.token()) == "AUTH_UNAVAILABLE"
    assert app.get("/maybe", headers=bearer(signer.token())).status_code == 503
    assert app.get("/maybe").json() is None

    scripted_service.answers = working
    advance_clock(30)
    assert seen(app, signer.token()) == 200
    assert seen(app, stranger.token()) == "INVALID_TOKEN"


def test_only_the_first_waits_for_a_service_that_hangs(
    client_for: App, scripted_service: ScriptedService, signer: Signer, advance_clock: Later
) -> None:
    app = client_for(Gatehouse(scripted_service.url, check="token", timeout=3))
    assert seen(app, signer.token()) == 200
    over = Event()
    scripted_service.answers = lambda _: over.wait(60)

    advance_clock(300)
    assert seen(app, signer.token()) == 200
    advance_clock(30)
    begun = time.monotonic()
    assert seen(app, signer.token()) == 200
    assert time.monotonic() - begun < 2  # of the three seconds that the settings give
    over.set()


def test_no_keys_at_all_is_an_outage_and_is_over_soon(
    app: TestClient, scripted_service: ScriptedService, signer: Signer, advance_clock: Later
) -> None:
    working, scripted_service.answers = scripted_service.answers, response("", 503)

    for _ in range(5):
        answer = app.get("/me", headers=bearer(signer.token()))
        assert (answer.status_code, answer.json()["code"]) == (503, "AUTH_UNAVAILABLE")
        assert answer.headers["retry-after"] == "5"
    assert len(scripted_service.asked) == 1
    scripted_service.answers = working
    advance_clock(2)
    assert seen(app, signer.token()) == 200


def test_keys_of_other_kinds_are_left_out(app: TestClient, scripted_service: ScriptedService, signer: Signer) -> None:
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
    scripted_service.answers = response(json.dumps({"keys": [signer.public, *others]}))

    assert seen(app, signer.token()) == 200
    assert seen(app, exchange.token()) == "INVALID_TOKEN"
