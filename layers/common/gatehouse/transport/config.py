"""Where a service is and who asks it, from the variables that every SDK of AWS reads."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gatehouse.transport.credentials import Credentials, Fetched, Given, Source

_FOR_BOTOCORE = (  # whoever sets one of these wants what only botocore does
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
)
_IN_REACH = re.compile(r"(?!\w\w-iso|eusc-|fips-)[a-z-]+-\d")  # AWS itself, its part for governments, and China


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One that speaks JSON: its name in hosts and signatures, in variables, and the words of its headers."""

    name: str
    variable: str
    target: str
    content_type: str


DYNAMODB = Service(
    name="dynamodb",
    variable="AWS_ENDPOINT_URL_DYNAMODB",
    target="DynamoDB_20120810",
    content_type="application/x-amz-json-1.0",
)
SECRETS = Service(
    name="secretsmanager",
    variable="AWS_ENDPOINT_URL_SECRETS_MANAGER",
    target="secretsmanager",
    content_type="application/x-amz-json-1.1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`ca_bundle` is a file with the authorities to trust; empty means those that botocore brings."""

    service: Service
    region: str
    url: str
    ca_bundle: str
    source: Source


def read(environment: Mapping[str, str], service: Service = DYNAMODB) -> Settings | None:
    """What `environment` says; None where it takes botocore to do that."""
    given = {name.upper(): value.strip() for name, value in environment.items() if value.strip()}
    region = given.get("AWS_DEFAULT_REGION") or given.get("AWS_REGION")  # in Lambda they are the same
    source = _source(given)
    if not region or not source or not _IN_REACH.fullmatch(region) or any(name in given for name in _FOR_BOTOCORE):
        return None
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return Settings(
        service=service,
        region=region,
        url=given.get(service.variable) or given.get("AWS_ENDPOINT_URL") or f"https://{service.name}.{region}.{domain}",
        ca_bundle=given.get("AWS_CA_BUNDLE") or given.get("REQUESTS_CA_BUNDLE", ""),
        source=source,
    )


def settings(service: Service) -> Settings | None:
    """Those of this process."""
    return read(os.environ, service)


def _source(given: Mapping[str, str]) -> Source | None:
    access_key, secret_key = given.get("AWS_ACCESS_KEY_ID"), given.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        token = given.get("AWS_SESSION_TOKEN", "")
        return Given(Credentials(access_key=access_key, secret_key=secret_key, token=token))
    if url := given.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        return Fetched(
            url,
            token=given.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""),
            token_file=given.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ""),
        )
    return None
