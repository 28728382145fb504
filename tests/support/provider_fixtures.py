"""Fixtures: the test provider, configured as Google or as an OpenID Connect issuer."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, GOOGLE_SECRET, Provider, reply, running_provider


@pytest.fixture(scope="session")
def session_provider() -> Iterator[Provider]:
    """One provider for the whole run."""
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(cloud: Cloud, session_provider: Provider, settings: Callable[..., None]) -> Provider:
    """A provider in its initial state, with all the time that it can have. Our client secret for it is stored; nothing
    about it is cached.
    """
    settings(provider_timeout="6")
    session_provider.reset()
    layer("oauth.id_tokens")._published.cache_clear()
    layer("oauth.providers")._description.cache_clear()
    manager = cloud.client("secretsmanager")
    for name in (GOOGLE_SECRET, "oidc-client-secret"):
        with suppress(manager.exceptions.ResourceExistsException):
            manager.create_secret(Name=name, SecretString=CLIENT_SECRET)
        manager.put_secret_value(SecretId=name, SecretString=CLIENT_SECRET)
    layer("keys.secret").clear_named_secrets()
    return session_provider


@pytest.fixture
def google(provider: Provider, settings: Callable[..., None]) -> Provider:
    """The provider, configured as Google."""
    settings(**provider.google_settings())
    return provider


@pytest.fixture
def oidc(provider: Provider, settings: Callable[..., None]) -> Provider:
    """The provider, configured by its issuer alone."""
    settings(
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret_name="oidc-client-secret",
    )
    return provider


@pytest.fixture
def other_provider(call: Api, google: Provider, settings: Callable[..., None]) -> OAuthFlow:
    """Sign-ins at a second provider beside Google: the same server, with another issuer."""
    issuer = f"{google.url}/other"
    settings(oidc_issuer=issuer, oidc_client_id=CLIENT_ID, oidc_client_secret_name="oidc-client-secret")
    google.discovery_fields, google.token_fields = {"issuer": issuer}, {"claims": {"iss": issuer}}
    document = "/other/.well-known/openid-configuration"
    google.behaviour[document] = lambda handler: reply(handler, 200, google.discovery())
    return OAuthFlow(call, google, "oidc")


@pytest.fixture
def oauth_flow(call: Api, google: Provider) -> OAuthFlow:
    """Sign-ins of users at Google."""
    return OAuthFlow(call, google)
