"""The settings of our transport: endpoint and credentials, and when botocore is used instead."""

from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.session import get_session

from gatehouse.transport.config import parse_environment
from gatehouse.transport.credentials import ContainerCredentials, StaticCredentials

KEYS = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
IN_LAMBDA = KEYS | {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
LOADER = get_session().get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")
RULES = EndpointProvider(LOADER.load_service_model("dynamodb", "endpoint-rule-set-1"), PARTITIONS)
REGIONS = [region for partition in PARTITIONS["partitions"] for region in partition["regions"]]


def url(**environment: str) -> str | None:
    """Return the endpoint for these variables beside Lambda's."""
    configuration = parse_environment(IN_LAMBDA | environment)
    return configuration.url if configuration else None


def test_every_region_has_the_endpoint_that_botocore_resolves() -> None:
    """Isolated partitions are left to botocore."""
    actual = {region: url(AWS_REGION=region, AWS_DEFAULT_REGION=region) for region in REGIONS}
    expected = {
        region: RULES.resolve_endpoint(Region=region, UseDualStack=False, UseFIPS=False).url for region in REGIONS
    }

    assert {region for region, found in actual.items() if found} >= {"us-east-1", "cn-north-1", "us-gov-west-1"}
    assert {region: found for region, found in actual.items() if found} == {
        region: expected[region] for region, found in actual.items() if found
    }


@pytest.mark.parametrize("region", ["local", "us-east-1-fips", "fips-us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"])
def test_other_regions_are_left_to_botocore(region: str) -> None:
    assert url(AWS_REGION=region, AWS_DEFAULT_REGION=region) is None


def test_a_configured_endpoint_is_used() -> None:
    """Templates cannot omit a variable, so an empty one counts as missing."""
    both = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_DYNAMODB": "http://dynamodb"}

    assert url(**both) == "http://dynamodb"
    assert url(**both | {"AWS_ENDPOINT_URL_DYNAMODB": ""}) == "http://all"
    assert url(AWS_ENDPOINT_URL="") == "https://dynamodb.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    "missing", [["AWS_REGION", "AWS_DEFAULT_REGION"], ["AWS_ACCESS_KEY_ID"], ["AWS_SECRET_ACCESS_KEY"]]
)
def test_incomplete_settings_are_left_to_botocore(missing: list[str]) -> None:
    assert parse_environment({name: value for name, value in IN_LAMBDA.items() if name not in missing}) is None


@pytest.mark.parametrize(
    "variable",
    [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "HTTPS_PROXY",
        "https_proxy",
        "http_proxy",
    ],
)
def test_features_that_only_botocore_has_are_left_to_it(variable: str) -> None:
    assert parse_environment(IN_LAMBDA | {variable: "true"}) is None
    assert parse_environment(IN_LAMBDA | {variable: ""})


def test_the_credentials_are_lambdas() -> None:
    configuration: Any = parse_environment(IN_LAMBDA)

    assert isinstance(configuration.credentials, StaticCredentials)
    assert (configuration.credentials.current().access_key, configuration.credentials.current().token) == ("A", "t")


def test_under_snapstart_credentials_come_from_the_endpoint() -> None:
    variables = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/role",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "authorization",
    }
    without = {name: value for name, value in IN_LAMBDA.items() if name not in KEYS}
    configuration: Any = parse_environment(without | variables)

    assert isinstance(configuration.credentials, ContainerCredentials)
    assert isinstance(getattr(parse_environment(IN_LAMBDA | variables), "credentials", None), StaticCredentials)


def test_the_ca_bundle_is_botocores_or_the_configured_one() -> None:
    bundles = [
        getattr(parse_environment(IN_LAMBDA | given), "ca_bundle", None)
        for given in ({}, {"REQUESTS_CA_BUNDLE": "two"}, {"REQUESTS_CA_BUNDLE": "two", "AWS_CA_BUNDLE": "one"})
    ]

    assert bundles == ["", "two", "one"]
