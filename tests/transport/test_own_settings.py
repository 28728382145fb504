"""The settings of our transport: endpoint and credentials, and when botocore is used instead."""

from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.session import get_session

from gatehouse.transport.config import DYNAMODB, SECRETS_MANAGER, settings
from gatehouse.transport.connections import AUTHORITIES
from gatehouse.transport.credentials import Credentials

KEYS = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
REGION = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
IN_LAMBDA = KEYS | REGION
URL, TOKEN = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"
ENDPOINT = {URL: "http://127.0.0.1:9001/role", TOKEN: "Basic a/+="}
NO_KEYS = dict.fromkeys(KEYS, "")
LOADER = get_session().get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")
REGIONS = [region for partition in PARTITIONS["partitions"] for region in partition["regions"]]
ALL, DYNAMODBS = {"AWS_ENDPOINT_URL": "http://all"}, {"AWS_ENDPOINT_URL_DYNAMODB": "http://dynamodb"}


@pytest.mark.parametrize("service", [DYNAMODB, SECRETS_MANAGER], ids=lambda service: service.name)
def test_every_region_has_the_endpoint_that_botocore_resolves(service: Any) -> None:
    """Isolated partitions are left to botocore."""
    rules = EndpointProvider(LOADER.load_service_model(service.name, "endpoint-rule-set-1"), PARTITIONS)
    found = {region: one.url for region in REGIONS if (one := settings(service, KEYS | {"AWS_REGION": region}))}

    assert {*found} >= {"us-east-1", "cn-north-1", "us-gov-west-1"}
    assert found == {
        region: rules.resolve_endpoint(Region=region, UseDualStack=False, UseFIPS=False).url for region in found
    }


OURS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({}, {"url": "https://dynamodb.eu-west-1.amazonaws.com", "ca_bundle": AUTHORITIES}),
    (ALL, {"url": "http://all"}),
    (ALL | DYNAMODBS, {"url": "http://dynamodb"}),
    ({"REQUESTS_CA_BUNDLE": "2"}, {"ca_bundle": "2"}),
    ({"REQUESTS_CA_BUNDLE": "2", "AWS_CA_BUNDLE": "1"}, {"ca_bundle": "1"}),
    # Templates cannot omit a variable, so an empty one counts as missing.
    (ALL | dict.fromkeys(DYNAMODBS, ""), {"url": "http://all"}),
    (dict.fromkeys(ALL, " ") | {"AWS_PROFILE": ""}, {"url": "https://dynamodb.eu-west-1.amazonaws.com"}),
]
BOTOCORES: list[dict[str, str]] = [
    *(dict.fromkeys(REGION, region) for region in ("", "local", "us-east-1-fips", "fips-us-gov-west-1")),
    *(dict.fromkeys(REGION, region) for region in ("us-iso-east-1", "eusc-de-east-1")),
    *({variable: "true"} for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_USE_FIPS_ENDPOINT")),
    *({variable: "true"} for variable in ("AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")),
    *({variable: "true"} for variable in ("HTTPS_PROXY", "https_proxy", "http_proxy", "all_proxy")),
    {"AWS_ACCESS_KEY_ID": ""},
    {"AWS_SECRET_ACCESS_KEY": ""},
    # Credentials of another machine, or with a token that is missing or no header.
    *(NO_KEYS | ENDPOINT | {URL: url} for url in ("http://169.254.170.2/", "http://localhost.example/", "role")),
    *(NO_KEYS | ENDPOINT | {URL: url} for url in ("http://localhost@example.com/", "https://localhost/")),
    *(NO_KEYS | ENDPOINT | {TOKEN: token} for token in ("", "a\nHost: b", "a\rb", "é")),
]


@pytest.mark.parametrize(("environment", "expected"), [*OURS, *((each, None) for each in BOTOCORES)])
def test_the_environment_selects_endpoint_and_authorities_or_botocore(environment: Any, expected: Any) -> None:
    found = settings(DYNAMODB, IN_LAMBDA | environment)

    assert (found and {name: getattr(found, name) for name in expected or ()}) == expected


def test_the_credentials_are_lambdas_or_under_snapstart_those_of_the_endpoint() -> None:
    static: Any = settings(DYNAMODB, IN_LAMBDA | ENDPOINT)
    fetched: Any = settings(DYNAMODB, REGION | ENDPOINT)

    assert static.credentials.current() == Credentials(access_key="A", secret_key="s", token="t")
    assert vars(fetched.credentials).items() >= {"_url": ENDPOINT[URL], "_token": ENDPOINT[TOKEN]}.items()
