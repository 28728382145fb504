"""Credentials from the endpoint that Lambda offers under SnapStart: cached, renewed, and sent to nobody else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError

from gatehouse.transport.client import Client
from gatehouse.transport.credentials import ContainerCredentials
from tests.support.transport import real_call
from tests.transport.client_pair import KEYS, dynamodb_response, own_client
from tests.transport.server import Behaviour, Server, hang, reset, respond, send_bytes, serving

KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
EXPIRED = respond(
    dynamodb_response({"__type": "x#ExpiredTokenException", "message": "The security token is expired"}, 400)
)


def issue(name: str, **lasts: float) -> Behaviour:
    """Return credentials with that lifetime."""
    expiry = (datetime.now(UTC) + timedelta(**lasts)).isoformat().replace("+00:00", "Z")
    return respond(
        dynamodb_response({"AccessKeyId": name, "SecretAccessKey": "s", "Token": f"{name}-token", "Expiration": expiry})
    )


@pytest.fixture
def credentials_endpoint() -> Any:
    """The credentials endpoint."""
    with serving() as one:
        yield one


@pytest.fixture
def client(server: Server, credentials_endpoint: Server) -> Client:
    """Our client, with credentials from that endpoint."""
    server.behaviours = [respond(dynamodb_response({}))]
    return own_client(server.url, ContainerCredentials(f"{credentials_endpoint.url}/role?x=1", token="authorization"))


def get_row(client: Client) -> Any:
    """Call DynamoDB."""
    return real_call(client, "GetItem", KEY)


def signers(server: Server) -> list[str]:
    """Return the access key that signed each request."""
    return [one.headers["authorization"].partition("Credential=")[2].partition("/")[0] for one in server.requests]


def test_credentials_are_fetched_once_and_cached(client: Client, server: Server, credentials_endpoint: Server) -> None:
    credentials_endpoint.behaviours = [issue("A", hours=6)]
    for _ in range(3):
        get_row(client)

    assert signers(server) == ["A"] * 3
    assert [one.headers["x-amz-security-token"] for one in server.requests] == ["A-token"] * 3
    assert [(one.start, one.headers["authorization"]) for one in credentials_endpoint.requests] == [
        ("GET /role?x=1 HTTP/1.1", "authorization")
    ]


def test_the_authorization_token_may_be_in_a_file_that_changes(
    server: Server, credentials_endpoint: Server, tmp_path: Path
) -> None:
    """As on EKS."""
    credentials_endpoint.behaviours, server.behaviours = [issue("A", minutes=1)], [respond(dynamodb_response({}))]
    client = own_client(server.url, ContainerCredentials(credentials_endpoint.url, token_file=str(tmp_path / "token")))
    for token in ("one", "two"):
        (tmp_path / "token").write_text(token, encoding="ascii")
        get_row(client)

    assert [one.headers["authorization"] for one in credentials_endpoint.requests] == ["one", "two"]


def test_credentials_are_renewed_before_they_expire(
    client: Client, server: Server, credentials_endpoint: Server
) -> None:
    credentials_endpoint.behaviours = [issue("A", minutes=4), issue("B", hours=6)]
    for _ in range(3):
        get_row(client)

    assert signers(server) == ["A", "B", "B"]


@pytest.mark.parametrize(
    "fault", [reset, send_bytes(b""), respond(dynamodb_response({}, 500)), respond(dynamodb_response(b"<html>"))]
)
def test_valid_credentials_are_used_while_the_renewal_fails(
    client: Client, server: Server, credentials_endpoint: Server, fault: Behaviour
) -> None:
    """And the endpoint is not called again for a while."""
    credentials_endpoint.behaviours = [issue("A", minutes=4), fault]
    for _ in range(4):
        get_row(client)

    assert signers(server) == ["A"] * 4
    assert len(credentials_endpoint.requests) == 2


def test_credentials_that_dynamodb_reports_as_expired_are_renewed(
    client: Client, server: Server, credentials_endpoint: Server
) -> None:
    credentials_endpoint.behaviours = [issue("A", hours=6), issue("B", hours=6)]
    server.behaviours = [EXPIRED, respond(dynamodb_response({}))]

    get_row(client)

    assert signers(server) == ["A", "B"]


def test_without_newer_credentials_their_expiry_is_an_error(
    client: Client, server: Server, credentials_endpoint: Server
) -> None:
    credentials_endpoint.behaviours, server.behaviours = [issue("A", hours=6)], [EXPIRED]

    with pytest.raises(ClientError, match="ExpiredTokenException"):
        get_row(client)

    assert signers(server) == ["A"]


def test_credentials_of_the_environment_cannot_be_renewed(server: Server) -> None:
    server.behaviours = [EXPIRED]

    with pytest.raises(ClientError, match="ExpiredTokenException"):
        get_row(own_client(server.url))

    assert signers(server) == [KEYS.access_key]


COMPLETE = {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
FAULTS: dict[str, Behaviour] = {
    "reset": reset,
    "refused": respond(dynamodb_response(COMPLETE, 403)),
    "no JSON": respond(dynamodb_response(b"<html>")),
    "a list": respond(dynamodb_response(b"[]")),
    "incomplete": respond(dynamodb_response({"AccessKeyId": "A", "SecretAccessKey": "very secret"})),
    "no expiry": respond(
        dynamodb_response({"AccessKeyId": "A", "SecretAccessKey": "very secret", "Token": "t", "Expiration": "soon"})
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_without_credentials_no_request_is_sent_and_no_secret_is_in_the_error(
    client: Client, server: Server, credentials_endpoint: Server, fault: Behaviour
) -> None:
    credentials_endpoint.behaviours = [fault]

    with pytest.raises(CredentialRetrievalError) as raised:
        get_row(client)

    assert server.requests == []
    assert "very secret" not in str(raised.value)
    assert "very secret" not in repr(raised.value.__cause__)


def test_the_timeout_of_the_endpoint_is_short(
    client: Client, credentials_endpoint: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatehouse.transport.credentials._TIMEOUT", 0.1)
    credentials_endpoint.behaviours = [hang]  # until the client gives up

    with pytest.raises(CredentialRetrievalError):
        get_row(client)


@pytest.mark.parametrize(
    "url", ["http://example.com/role", "http://169.254.170.9/", "http://localhost.example/", "role"]
)
def test_without_tls_only_local_endpoints_are_called(url: str) -> None:
    with pytest.raises(CredentialRetrievalError, match=r"ValueError$"):  # not an error of the network
        ContainerCredentials(url).current()


@pytest.mark.parametrize("token", ["a\nHost: b", "a\rb"])
def test_a_token_that_cannot_be_a_header_is_not_sent(credentials_endpoint: Server, token: str) -> None:
    with pytest.raises(CredentialRetrievalError):
        ContainerCredentials(credentials_endpoint.url, token=token).current()

    assert credentials_endpoint.requests == []


def test_close_discards_the_credentials(client: Client, credentials_endpoint: Server) -> None:
    """They must not be in a snapshot."""
    credentials_endpoint.behaviours = [issue("A", hours=6)]
    get_row(client)
    client.close()

    assert "A-token" not in repr(vars(client._credential_provider))
    get_row(client)
    assert len(credentials_endpoint.requests) == 2


def test_credentials_are_not_in_their_representation() -> None:
    assert KEYS.secret_key not in repr(KEYS)
    assert KEYS.token not in repr(KEYS)
