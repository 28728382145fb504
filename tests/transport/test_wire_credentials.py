"""Credentials from the endpoint that Lambda offers under SnapStart: cached, and renewed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gatehouse.transport import credentials
from gatehouse.transport.client import Client
from gatehouse.transport.credentials import ContainerCredentials
from tests.support.scripted_service import Behaviour, ScriptedService, hang, reset
from tests.transport.client_pair import FOUND, KEYS, outcome, own_client, refuse, respond


def issue(key: str, status: int = 200, **lasts: float) -> Behaviour:
    """Return credentials with that lifetime."""
    expiry = (datetime.now(UTC) + timedelta(**lasts)).isoformat().replace("+00:00", "Z")
    fields = {"AccessKeyId": key, "SecretAccessKey": "secret", "Token": f"{key}-token", "Expiration": expiry}
    return respond(fields, status)


A, B, SOON = issue("A", hours=6), issue("B", hours=6), issue("A", minutes=4)  # which is to be renewed
NO_JSON, EXPIRED = respond(b"<html>"), refuse("ExpiredTokenException")
CASES: dict[str, tuple[list[Behaviour], list[Behaviour], list[int | str], str]] = {
    # Responses of the endpoint, those of DynamoDB, outcomes of the calls, access key of each request
    "valid": ([A], [FOUND], [0, 0], "AA"),
    "renewed": ([SOON, B], [FOUND], [0, 0, 0], "ABB"),
    # While the renewal fails, they are used, and the endpoint is not called again for a while.
    "renewal reset": ([SOON, reset], [FOUND], [0, 0, 0], "AAA"),
    "renewal refused": ([SOON, refuse("x", 500)], [FOUND], [0, 0, 0], "AAA"),
    "renewal without JSON": ([SOON, NO_JSON], [FOUND], [0, 0, 0], "AAA"),
    # DynamoDB decides whether they have expired.
    "expired": ([A, B], [EXPIRED, FOUND], [1, 0], "ABB"),
    "expired, none newer": ([A, A], [EXPIRED], ["ExpiredTokenException"], "A"),
    "expired, no answer": ([SOON, reset, reset], [FOUND, EXPIRED], [0, "NoResponse"], "AA"),
    # Without credentials no request is sent, and the error is a word.
    "reset": ([reset], [], ["NoResponse"], ""),
    "hanging": ([hang], [], ["ReadTimeoutError"], ""),
    "refused": ([issue("A", 403, days=1)], [], ["ValueError"], ""),
    "no JSON": ([NO_JSON], [], ["JSONDecodeError"], ""),
    "a list": ([respond(b"[]")], [], ["TypeError"], ""),
    "incomplete": ([respond({"SecretAccessKey": "secret"})], [], ["KeyError"], ""),
    "wrong expiry": ([respond({"Expiration": "secret"})], [], ["ValueError"], ""),
}


@pytest.fixture
def endpoint() -> Iterator[ScriptedService]:
    """The credentials endpoint."""
    with ScriptedService() as one:
        one.behaviours = [A]
        yield one


@pytest.fixture
def client(server: ScriptedService, endpoint: ScriptedService) -> Client:
    """Our client, with credentials from that endpoint."""
    server.behaviours = [FOUND]
    return own_client(server.url, ContainerCredentials(f"{endpoint.url}/role?x=1", "authorization"))


@pytest.mark.parametrize("case", CASES)
def test_credentials_are_fetched_once_and_renewed_in_time(
    client: Client, server: ScriptedService, endpoint: ScriptedService, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, server.behaviours, outcomes, keys = CASES[case]
    endpoint.behaviours, server.behaviours = [*issued], [*server.behaviours]
    monkeypatch.setattr(credentials, "_TIMEOUT", 0.1 if case == "hanging" else 60)

    assert [outcome(client) for _ in outcomes] == outcomes
    assert [one.headers["authorization"].partition("Credential=")[2][0] for one in server.requests] == [*keys]
    assert [one.headers["x-amz-security-token"] for one in server.requests] == [f"{key}-token" for key in keys]
    assert [(one.start, one.headers["authorization"]) for one in endpoint.requests] == [
        ("GET /role?x=1 HTTP/1.1", "authorization")
    ] * len(issued)


def test_secrets_are_cleared_by_close_and_not_in_representations(client: Client, endpoint: ScriptedService) -> None:
    """A snapshot must not contain them."""
    outcome(client)
    client.close()

    assert "A-token" not in repr(vars(client._credential_provider))
    assert not {part for part in (KEYS.secret_key, KEYS.token) if part in repr(KEYS)}
    outcome(client)
    assert len(endpoint.requests) == 2
