"""The settings of our transport: endpoint and credentials, and when botocore is used instead."""

from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.session import get_session

from gatehouse.transport.config import DYNAMODB, SECRETS_MANAGER, settings
from gatehouse.transport.credentials import ContainerCredentials, StaticCredentials

KEYS = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
REGION = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
IN_LAMBDA = KEYS | REGION
ENDPOINT = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/role"}
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


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "https://dynamodb.eu-west-1.amazonaws.com"),
        (ALL, "http://all"),
        (ALL | DYNAMODBS, "http://dynamodb"),
        # Templates cannot omit a variable, so an empty one counts as missing.
        (ALL | dict.fromkeys(DYNAMODBS, ""), "http://all"),
        (dict.fromkeys(ALL, " ") | {"AWS_PROFILE": ""}, "https://dynamodb.eu-west-1.amazonaws.com"),
        (dict.fromkeys(KEYS, "") | ENDPOINT, "https://dynamodb.eu-west-1.amazonaws.com"),
        # The rest is left to botocore.
        (dict.fromkeys(REGION, ""), None),
        ({"AWS_ACCESS_KEY_ID": ""}, None),
        ({"AWS_SECRET_ACCESS_KEY": ""}, None),
        *(
            (dict.fromkeys(REGION, region), None)
            for region in ("local", "us-east-1-fips", "fips-us-gov-west-1", "us-iso-east-1", "eusc-de-east-1")
        ),
        *(
            ({variable: "true"}, None)
            for variable in (
                *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
                *("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "HTTPS_PROXY", "https_proxy", "http_proxy", "all_proxy"),
            )
        ),
    ],
)
def test_the_environment_selects_the_endpoint_or_botocore(environment: dict[str, str], expected: str | None) -> None:
    assert getattr(settings(DYNAMODB, IN_LAMBDA | environment), "url", None) == expected


def test_the_credentials_are_lambdas_or_under_snapstart_those_of_the_endpoint() -> None:
    static: Any = settings(DYNAMODB, IN_LAMBDA | ENDPOINT)
    fetched: Any = settings(DYNAMODB, REGION | ENDPOINT)

    assert isinstance(static.credentials, StaticCredentials)
    assert (static.credentials.current().access_key, static.credentials.current().token) == ("A", "t")
    assert isinstance(fetched.credentials, ContainerCredentials)


@pytest.mark.parametrize(
    ("given", "bundle"),
    [({}, ""), ({"REQUESTS_CA_BUNDLE": "2"}, "2"), ({"REQUESTS_CA_BUNDLE": "2", "AWS_CA_BUNDLE": "1"}, "1")],
)
def test_the_ca_bundle_is_botocores_or_the_configured_one(given: dict[str, str], bundle: str) -> None:
    assert getattr(settings(DYNAMODB, IN_LAMBDA | given), "ca_bundle", None) == bundle
