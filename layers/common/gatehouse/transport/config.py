"""Endpoint and credentials of a service, from the environment variables that AWS SDKs read."""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from gatehouse.transport.connections import AUTHORITIES
from gatehouse.transport.credentials import ContainerCredentials, CredentialProvider, Credentials, StaticCredentials

_BOTOCORE_ONLY = {  # settings that only botocore supports
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
}
_SUPPORTED_REGIONS = re.compile(r"(?!\w\w-iso|eusc-|fips-)[a-z-]+-\d")  # the partitions aws, aws-us-gov and aws-cn
_LOCAL_ENDPOINT, _LEGAL_HEADER = r"http://(localhost|127\.0\.0\.1)(:\d+)?/[!-~]*", "[ -~]+"


class Service(NamedTuple):
    """An AWS service with a JSON protocol: its name in hosts and signatures, its variable, and its header values."""

    name: str
    variable: str
    target: str
    content_type: str


DYNAMODB = Service("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB", "DynamoDB_20120810", "application/x-amz-json-1.0")
SECRETS_MANAGER = Service(
    "secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "secretsmanager", "application/x-amz-json-1.1"
)


class Settings(NamedTuple):
    """Settings of a client. `ca_bundle` is a file of trusted authorities."""

    service: Service
    region: str
    url: str
    ca_bundle: str
    credentials: CredentialProvider


def settings(service: Service, environment: Mapping[str, str] = os.environ) -> Settings | None:
    """Return the settings in the environment; None when they need botocore."""
    given = {name.upper(): value.strip() for name, value in environment.items() if value.strip()}
    region = given.get("AWS_DEFAULT_REGION") or given.get("AWS_REGION")  # in Lambda they are the same
    credentials = _credential_provider(given)
    if not region or not credentials or not _SUPPORTED_REGIONS.fullmatch(region) or _BOTOCORE_ONLY & given.keys():
        return None
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return Settings(
        service=service,
        region=region,
        url=given.get(service.variable) or given.get("AWS_ENDPOINT_URL") or f"https://{service.name}.{region}.{domain}",
        ca_bundle=given.get("AWS_CA_BUNDLE") or given.get("REQUESTS_CA_BUNDLE") or AUTHORITIES,
        credentials=credentials,
    )


def _credential_provider(given: Mapping[str, str]) -> CredentialProvider | None:
    access_key, secret_key = given.get("AWS_ACCESS_KEY_ID"), given.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        token = given.get("AWS_SESSION_TOKEN", "")
        return StaticCredentials(Credentials(access_key=access_key, secret_key=secret_key, token=token))
    url, token = given.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", ""), given.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    if re.fullmatch(_LOCAL_ENDPOINT, url) and re.fullmatch(_LEGAL_HEADER, token):
        return ContainerCredentials(url, token)
    return None
