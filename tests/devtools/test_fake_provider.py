"""The fake provider, which stands for Google locally unless a client id is configured."""

import pytest

from gatehouse_dev import fake_provider
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.messages import Request, Response
from gatehouse_dev.template import client_secrets, load, local_parameters

PORT = 3000
PAGE = "response_type=code&client_id=x&redirect_uri=http://localhost/cb&scope=openid&state=s"


def send_request(method: str, path: str, query: str = "", body: bytes = b"", kind: str = "") -> Response:
    """Send a request to the fake provider."""
    headers = (("content-type", kind),) if kind else ()
    return fake_provider.respond(Request(method=method, raw_path=path, raw_query=query, headers=headers, body=body))


def test_google_is_the_fake_provider_on_the_same_port() -> None:
    values = local_parameters({}, PORT)

    assert values["GoogleClientId"] == fake_provider.CLIENT_ID
    assert all(values[name].startswith("http://localhost:3000") for name in values if name.endswith(("Url", "Issuer")))


@pytest.mark.parametrize("own", ["my-client", ""])
def test_with_a_client_id_of_ones_own_google_is_real_or_disabled(own: str) -> None:
    values = local_parameters({"GATEHOUSE_GOOGLE_CLIENT_ID": own}, PORT)

    assert load(parameters=values).parameters["GoogleClientId"] == own
    assert load(parameters=values).parameters["GoogleTokenUrl"] == "https://oauth2.googleapis.com/token"


def test_a_client_secret_is_stored_under_its_name() -> None:
    environ = {
        "GATEHOUSE_GOOGLE_CLIENT_ID": "my-client",
        "GATEHOUSE_GOOGLE_CLIENT_SECRET": "hush",
        "GATEHOUSE_OIDC_CLIENT_SECRET": "hush, too",
        "GATEHOUSE_OIDC_CLIENT_SECRET_NAME": "by/another/name",
    }
    template = load(parameters=local_parameters(environ, PORT))
    secrets = client_secrets(environ, template.parameters)

    assert secrets == {template.parameters["GoogleClientSecretName"]: "hush", "by/another/name": "hush, too"}
    with Cloud(template, secrets=secrets) as cloud:
        for name, value in secrets.items():
            assert cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"] == value


def test_the_page_states_that_it_is_not_google() -> None:
    response = send_request("GET", "/dev/google/oauth2/authorize", PAGE)

    assert response.status == 200
    assert b"This is not Google." in response.body
    assert b"ann@gmail.test" in response.body


def test_a_response_without_html_is_not_changed() -> None:
    response = send_request("PUT", "/dev/google/users/1", body=b'{"email": "x@y.test"}', kind="application/json")

    assert (response.status, response.body) == (204, b"")


def test_a_submitted_address_redirects_with_a_code() -> None:
    response = send_request(
        "POST",
        "/dev/google/oauth2/authorize",
        PAGE,
        b"sub=carol%40x.test",
        "application/x-www-form-urlencoded",
    )

    location = dict(response.headers)["location"]
    assert response.status == 302
    assert location.startswith("http://localhost/cb?code=")
    assert location.endswith("&state=s")


def test_the_discovery_document_has_urls_below_the_providers_path() -> None:
    response = send_request("GET", "/dev/google/.well-known/openid-configuration")

    assert b'"token_endpoint": "http://localhost:3000/dev/google/oauth2/token"' in response.body


def test_the_domain_of_a_typed_address_is_one_whose_mail_this_google_hosts() -> None:
    """Else the service would not believe that the address is verified."""
    typed = "ann%40shop.example"
    page = send_request(
        "POST", "/dev/google/oauth2/authorize", PAGE, f"sub={typed}".encode(), "application/x-www-form-urlencoded"
    )

    assert page.status == 302
    assert fake_provider._claims("ann@shop.example")["hd"] == "shop.example"
