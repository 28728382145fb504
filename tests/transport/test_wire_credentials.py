"""Credentials from the endpoint that Lambda has under SnapStart: kept, renewed, and told to nobody else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError

from gatehouse.transport.client import Client
from gatehouse.transport.credentials import ContainerCredentials
from tests.support.transport import real_call
from tests.transport.botocores import KEYS, ours, told
from tests.transport.server import Act, Server, hangs, resets, says, sends, serving

KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
EXPIRED = says(told({"__type": "x#ExpiredTokenException", "message": "The security token is expired"}, 400))


def gives(name: str, **lasts: float) -> Act:
    """Credentials that are good for so long."""
    until = (datetime.now(UTC) + timedelta(**lasts)).isoformat().replace("+00:00", "Z")
    return says(told({"AccessKeyId": name, "SecretAccessKey": "s", "Token": f"{name}-token", "Expiration": until}))


@pytest.fixture
def keeper() -> Any:
    """The endpoint."""
    with serving() as one:
        yield one


@pytest.fixture
def client(server: Server, keeper: Server) -> Client:
    """Ours, with credentials from there."""
    server.acts = [says(told({}))]
    return ours(server.url, ContainerCredentials(f"{keeper.url}/role?x=1", token="let me"))


def ask(client: Client) -> Any:
    """Any call."""
    return real_call(client, "GetItem", KEY)


def signers(server: Server) -> list[str]:
    """Whose keys signed each call."""
    return [one.headers["authorization"].partition("Credential=")[2].partition("/")[0] for one in server.heard]


def test_they_are_asked_for_once_and_kept(client: Client, server: Server, keeper: Server) -> None:
    keeper.acts = [gives("A", hours=6)]
    for _ in range(3):
        ask(client)

    assert signers(server) == ["A"] * 3
    assert [one.headers["x-amz-security-token"] for one in server.heard] == ["A-token"] * 3
    assert [(one.start, one.headers["authorization"]) for one in keeper.heard] == [("GET /role?x=1 HTTP/1.1", "let me")]


def test_the_token_may_be_in_a_file_that_changes(server: Server, keeper: Server, tmp_path: Path) -> None:
    """EKS does that."""
    keeper.acts, server.acts = [gives("A", minutes=1)], [says(told({}))]
    client = ours(server.url, ContainerCredentials(keeper.url, token_file=str(tmp_path / "token")))
    for token in ("one", "two"):
        (tmp_path / "token").write_text(token, encoding="ascii")
        ask(client)

    assert [one.headers["authorization"] for one in keeper.heard] == ["one", "two"]


def test_they_are_renewed_before_they_expire(client: Client, server: Server, keeper: Server) -> None:
    keeper.acts = [gives("A", minutes=4), gives("B", hours=6)]
    for _ in range(3):
        ask(client)

    assert signers(server) == ["A", "B", "B"]


@pytest.mark.parametrize("trouble", [resets, sends(b""), says(told({}, 500)), says(told(b"<html>"))])
def test_those_that_are_good_are_used_while_there_are_no_others(
    client: Client, server: Server, keeper: Server, trouble: Act
) -> None:
    """And the endpoint is left alone for a while."""
    keeper.acts = [gives("A", minutes=4), trouble]
    for _ in range(4):
        ask(client)

    assert signers(server) == ["A"] * 4
    assert len(keeper.heard) == 2


def test_when_dynamodb_says_that_they_expired_they_are_renewed(client: Client, server: Server, keeper: Server) -> None:
    keeper.acts = [gives("A", hours=6), gives("B", hours=6)]
    server.acts = [EXPIRED, says(told({}))]

    ask(client)

    assert signers(server) == ["A", "B"]


def test_when_there_are_no_others_that_is_an_error(client: Client, server: Server, keeper: Server) -> None:
    keeper.acts, server.acts = [gives("A", hours=6)], [EXPIRED]

    with pytest.raises(ClientError, match="ExpiredTokenException"):
        ask(client)

    assert signers(server) == ["A"]


def test_those_of_the_environment_cannot_be_renewed(server: Server) -> None:
    server.acts = [EXPIRED]

    with pytest.raises(ClientError, match="ExpiredTokenException"):
        ask(ours(server.url))

    assert signers(server) == [KEYS.access_key]


WHOLE = {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
BROKEN: dict[str, Act] = {
    "gone": resets,
    "refused": says(told(WHOLE, 403)),
    "no json": says(told(b"<html>")),
    "a list": says(told(b"[]")),
    "half of it": says(told({"AccessKeyId": "A", "SecretAccessKey": "very secret"})),
    "no time": says(told({"AccessKeyId": "A", "SecretAccessKey": "very secret", "Token": "t", "Expiration": "soon"})),
}


@pytest.mark.parametrize("trouble", BROKEN.values(), ids=BROKEN)
def test_without_any_nothing_is_asked_and_nothing_is_told(
    client: Client, server: Server, keeper: Server, trouble: Act
) -> None:
    keeper.acts = [trouble]

    with pytest.raises(CredentialRetrievalError) as raised:
        ask(client)

    assert server.heard == []
    assert "very secret" not in str(raised.value)
    assert "very secret" not in repr(raised.value.__cause__)


def test_an_endpoint_that_hangs_is_not_waited_for_long(
    client: Client, keeper: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatehouse.transport.credentials._TIMEOUT", 0.1)
    keeper.acts = [hangs]  # for as long as anybody waits

    with pytest.raises(CredentialRetrievalError):
        ask(client)


@pytest.mark.parametrize(
    "url", ["http://example.com/role", "http://169.254.170.9/", "http://localhost.example/", "role"]
)
def test_only_this_machine_is_asked_in_clear(url: str) -> None:
    with pytest.raises(CredentialRetrievalError, match=r"ValueError$"):  # nothing of the network's
        ContainerCredentials(url).current()


@pytest.mark.parametrize("token", ["a\nHost: b", "a\rb"])
def test_a_token_that_is_no_header_is_not_sent(keeper: Server, token: str) -> None:
    with pytest.raises(CredentialRetrievalError):
        ContainerCredentials(keeper.url, token=token).current()

    assert keeper.heard == []


def test_hung_up_they_are_forgotten(client: Client, keeper: Server) -> None:
    """They must not be in a snapshot."""
    keeper.acts = [gives("A", hours=6)]
    ask(client)
    client.close()

    assert "A-token" not in repr(vars(client._credential_provider))
    ask(client)
    assert len(keeper.heard) == 2


def test_they_are_not_shown() -> None:
    assert KEYS.secret_key not in repr(KEYS)
    assert KEYS.token not in repr(KEYS)
