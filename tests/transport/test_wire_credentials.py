"""Credentials from the endpoint that Lambda offers under SnapStart: cached, renewed, and sent to nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError

from gatehouse.transport.client import Client
from gatehouse.transport.credentials import ContainerCredentials
from tests.transport.client_pair import KEYS, OK, dynamodb_response, get_row, own_client
from tests.transport.server import Behaviour, Server, hang, refuse, reset, respond, send_bytes, serving

EXPIRED = refuse("ExpiredTokenException")


def issue(name: str, **lasts: float) -> Behaviour:
    """Return credentials with that lifetime."""

    def behaviour(*given: Any) -> bool:
        expiry = (datetime.now(UTC) + timedelta(**lasts)).isoformat().replace("+00:00", "Z")
        issued = {"AccessKeyId": name, "SecretAccessKey": "s", "Token": f"{name}-token", "Expiration": expiry}
        return respond(dynamodb_response(issued))(*given)

    return behaviour


@pytest.fixture
def endpoint() -> Iterator[Server]:
    """The credentials endpoint."""
    with serving() as one:
        yield one


@pytest.fixture
def client(server: Server, endpoint: Server) -> Client:
    """Our client, with credentials from that endpoint."""
    server.behaviours = [respond(OK)]
    return own_client(server.url, ContainerCredentials(f"{endpoint.url}/role?x=1", token="authorization"))


def signers(server: Server) -> list[str]:
    """Return the access key that signed each request."""
    return [one.headers["authorization"].partition("Credential=")[2].partition("/")[0] for one in server.requests]


A, B, SOON = issue("A", hours=6), issue("B", hours=6), issue("A", minutes=4)  # SOON is to be renewed


@pytest.mark.parametrize(
    ("issued", "signed"),
    [
        ([A], "AAA"),
        ([SOON, B], "ABB"),
        # While the renewal fails, they are used, and the endpoint is not called again for a while.
        ([SOON, reset], "AAA"),
        ([SOON, send_bytes(b"")], "AAA"),
        ([SOON, refuse("x", 500)], "AAA"),
        ([SOON, respond(dynamodb_response(b"<html>"))], "AAA"),
        # DynamoDB reports them as expired.
        ([A, B], "ABBB"),
    ],
)
def test_credentials_are_fetched_once_and_renewed_in_time(
    client: Client, server: Server, endpoint: Server, issued: list[Behaviour], signed: str
) -> None:
    endpoint.behaviours = [*issued]
    if issued == [A, B]:  # while A is valid
        server.behaviours = [EXPIRED, respond(OK)]
    for _ in range(3):
        get_row(client)

    assert signers(server) == [*signed]
    assert [one.headers["x-amz-security-token"] for one in server.requests] == [f"{name}-token" for name in signed]
    assert [(one.start, one.headers["authorization"]) for one in endpoint.requests] == [
        ("GET /role?x=1 HTTP/1.1", "authorization")
    ] * len(issued)


@pytest.mark.parametrize("source", ["endpoint", "environment"])
def test_without_newer_credentials_their_expiry_is_an_error(
    client: Client, server: Server, endpoint: Server, source: str
) -> None:
    """Those of the environment cannot be renewed."""
    endpoint.behaviours, server.behaviours = [A], [EXPIRED]

    with pytest.raises(ClientError, match="ExpiredTokenException"):
        get_row(client if source == "endpoint" else own_client(server.url))

    assert signers(server) == ["A" if source == "endpoint" else KEYS.access_key]


def test_the_authorization_token_may_be_in_a_file_that_changes(
    server: Server, endpoint: Server, tmp_path: Path
) -> None:
    """As on EKS."""
    endpoint.behaviours, server.behaviours = [SOON], [respond(OK)]
    client = own_client(server.url, ContainerCredentials(endpoint.url, token_file=str(tmp_path / "token")))
    for token in ("one", "two"):
        (tmp_path / "token").write_text(token, encoding="ascii")
        get_row(client)

    assert [one.headers["authorization"] for one in endpoint.requests] == ["one", "two"]


COMPLETE = {"AccessKeyId": "A", "SecretAccessKey": "very secret", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
FAULTS: dict[str, Behaviour] = {
    "reset": reset,
    "hanging": hang,
    "refused": respond(dynamodb_response(COMPLETE, 403)),
    "no JSON": respond(dynamodb_response(b"<html>")),
    "a list": respond(dynamodb_response(b"[]")),
    "incomplete": respond(dynamodb_response({"SecretAccessKey": "very secret"})),
    "no expiry": respond(dynamodb_response(COMPLETE | {"Expiration": "very secret"})),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_without_credentials_no_request_is_sent_and_no_secret_is_in_the_error(
    client: Client, server: Server, endpoint: Server, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "hanging":
        monkeypatch.setattr("gatehouse.transport.credentials._TIMEOUT", 0.1)
    endpoint.behaviours = [FAULTS[fault]]

    with pytest.raises(CredentialRetrievalError) as raised:
        get_row(client)

    assert server.requests == []
    assert "very secret" not in f"{raised.value} {raised.value.__cause__!r}"


@pytest.mark.parametrize(
    ("url", "token"),
    [
        *((url, "") for url in ("http://example.com/", "http://169.254.170.9/", "http://localhost.example/", "role")),
        *(("", token) for token in ("a\nHost: b", "a\rb")),
    ],
)
def test_another_machine_is_not_called_without_tls_and_an_illegal_token_is_not_sent(
    endpoint: Server, url: str, token: str
) -> None:
    with pytest.raises(CredentialRetrievalError, match=r"ValueError$"):  # not an error of the network
        ContainerCredentials(url or endpoint.url, token=token).current()

    assert endpoint.requests == []


def test_secrets_are_cleared_by_close_and_not_in_representations(client: Client, endpoint: Server) -> None:
    """A snapshot must not contain them."""
    endpoint.behaviours = [A]
    get_row(client)
    client.close()

    assert "A-token" not in repr(vars(client._credential_provider))
    assert not {part for part in (KEYS.secret_key, KEYS.token) if part in repr(KEYS)}
    get_row(client)
    assert len(endpoint.requests) == 2
