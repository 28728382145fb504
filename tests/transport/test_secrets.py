"""Secrets Manager by our transport: what functions ask of it, as botocore asks and understands it."""

from typing import Any

import pytest

from gatehouse.transport.config import SECRETS_MANAGER, parse_environment
from tests.transport.botocores import ClientPair, both, told
from tests.transport.test_own_settings import IN_LAMBDA

ASKED = [{"SecretId": "arn:aws:x"}, {"SecretId": "gatehouse/é", "VersionId": "v-1"}]
ANSWER = {"Name": "n", "VersionId": "v-1", "SecretString": "ü" * 40, "VersionStages": ["AWSCURRENT"]}


@pytest.fixture(scope="module")
def pair() -> ClientPair:
    """Both clients."""
    return both(SECRETS_MANAGER)


@pytest.mark.parametrize("asked", ASKED)
def test_a_request_for_a_secret_is_botocores_to_the_byte(pair: ClientPair, asked: dict[str, str]) -> None:
    pair.theirs("GetSecretValue", asked, told(ANSWER))
    ((theirs, body),) = pair.sent
    pair.ours("GetSecretValue", asked, told(ANSWER))
    ((ours, own_body),) = pair.sent

    assert own_body == body
    assert {ours[name] == theirs[name] for name in ("Content-Type", "X-Amz-Target", "X-Amz-Security-Token")} == {True}
    assert "/secretsmanager/aws4_request" in ours["Authorization"]


def test_a_secret_is_read_as_botocore_reads_it(pair: ClientPair) -> None:
    ours, theirs = (ask("GetSecretValue", ASKED[0], told(ANSWER)) for ask in (pair.ours, pair.theirs))

    assert {name: ours[name] for name in ANSWER} == {name: theirs[name] for name in ANSWER} == ANSWER


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "InternalServiceError"])
def test_a_refusal_is_botocores(pair: ClientPair, pauses: list[float], code: str) -> None:
    status = 500 if code.startswith("Internal") else 400
    refusals = [told({"__type": code, "Message": "no"}, status) for _ in range(3)]
    ours = pair.ours("GetSecretValue", ASKED[0], *refusals)
    theirs = pair.theirs("GetSecretValue", ASKED[0], *refusals)

    assert ours == theirs
    assert len(pauses) == (4 if status == 500 else 0)


def test_where_it_is() -> None:
    elsewhere: Any = parse_environment(
        IN_LAMBDA | {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1"}, SECRETS_MANAGER
    )
    usual: Any = parse_environment(IN_LAMBDA, SECRETS_MANAGER)

    assert elsewhere.url == "http://127.0.0.1:1"
    assert usual.url.startswith("https://secretsmanager.")
