"""Secrets Manager over our transport: requests and results equal botocore's."""

from typing import Any

import pytest

from gatehouse.transport.config import SECRETS_MANAGER, parse_environment
from tests.transport.client_pair import ClientPair, client_pair, dynamodb_response
from tests.transport.test_own_settings import IN_LAMBDA

PARAMETERS = [{"SecretId": "arn:aws:x"}, {"SecretId": "gatehouse/é", "VersionId": "v-1"}]
RESPONSE = {"Name": "n", "VersionId": "v-1", "SecretString": "ü" * 40, "VersionStages": ["AWSCURRENT"]}


@pytest.fixture(scope="module")
def pair() -> ClientPair:
    """Both clients."""
    return client_pair(SECRETS_MANAGER)


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_a_request_for_a_secret_equals_botocores(pair: ClientPair, parameters: dict[str, str]) -> None:
    pair.call_botocore("GetSecretValue", parameters, dynamodb_response(RESPONSE))
    ((expected, body),) = pair.sent
    pair.call_own("GetSecretValue", parameters, dynamodb_response(RESPONSE))
    ((actual, actual_body),) = pair.sent

    assert actual_body == body
    assert {actual[name] == expected[name] for name in ("Content-Type", "X-Amz-Target", "X-Amz-Security-Token")} == {
        True
    }
    assert "/secretsmanager/aws4_request" in actual["Authorization"]


def test_a_secret_is_parsed_as_by_botocore(pair: ClientPair) -> None:
    actual, expected = (
        call("GetSecretValue", PARAMETERS[0], dynamodb_response(RESPONSE))
        for call in (pair.call_own, pair.call_botocore)
    )

    assert {name: actual[name] for name in RESPONSE} == {name: expected[name] for name in RESPONSE} == RESPONSE


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "InternalServiceError"])
def test_an_error_is_raised_as_by_botocore(pair: ClientPair, pauses: list[float], code: str) -> None:
    status = 500 if code.startswith("Internal") else 400
    refusals = [dynamodb_response({"__type": code, "Message": "no"}, status) for _ in range(3)]
    actual = pair.call_own("GetSecretValue", PARAMETERS[0], *refusals)
    expected = pair.call_botocore("GetSecretValue", PARAMETERS[0], *refusals)

    assert actual == expected
    assert len(pauses) == (4 if status == 500 else 0)


def test_the_endpoint_is_the_configured_or_the_default_one() -> None:
    configured: Any = parse_environment(
        IN_LAMBDA | {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1"}, SECRETS_MANAGER
    )
    default: Any = parse_environment(IN_LAMBDA, SECRETS_MANAGER)

    assert configured.url == "http://127.0.0.1:1"
    assert default.url.startswith("https://secretsmanager.")
