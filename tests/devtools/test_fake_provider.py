"""Google on a laptop: a stand-in, unless somebody brings their own client."""

import pytest

from gatehouse_dev import fake_provider
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.messages import Request, Response
from gatehouse_dev.template import client_secrets, load, local_parameters

PORT = 3000
PAGE = "response_type=code&client_id=x&redirect_uri=http://localhost/cb&scope=openid&state=s"


def asks(method: str, path: str, query: str = "", body: bytes = b"", kind: str = "") -> Response:
    """Ask the stand-in."""
    headers = (("content-type", kind),) if kind else ()
    return fake_provider.respond(Request(method=method, raw_path=path, raw_query=query, headers=headers, body=body))


def test_google_is_a_stand_in_on_this_very_port() -> None:
    values = local_parameters({}, PORT)

    assert values["GoogleClientId"] == fake_provider.CLIENT_ID
    assert all(values[name].startswith("http://localhost:3000") for name in values if name.endswith(("Url", "Issuer")))


@pytest.mark.parametrize("own", ["my-client", ""])
def test_who_brings_a_client_meets_google_itself_or_nobody(own: str) -> None:
    values = local_parameters({"GATEHOUSE_GOOGLE_CLIENT_ID": own}, PORT)

    assert load(parameters=values).parameters["GoogleClientId"] == own
    assert load(parameters=values).parameters["GoogleTokenUrl"] == "https://oauth2.googleapis.com/token"


def test_the_value_of_a_client_secret_is_found_under_its_name() -> None:
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


def test_the_page_says_that_it_is_not_google() -> None:
    response = asks("GET", "/dev/google/oauth2/authorize", PAGE)

    assert response.status == 200
    assert b"This is not Google." in response.body
    assert b"ann@gmail.test" in response.body


def test_an_answer_without_a_page_stays_as_it_is() -> None:
    response = asks("PUT", "/dev/google/users/1", body=b'{"email": "x@y.test"}', kind="application/json")

    assert (response.status, response.body) == (204, b"")


def test_whoever_types_an_address_is_sent_back_with_a_code() -> None:
    response = asks(
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


def test_it_describes_itself_below_its_own_path() -> None:
    response = asks("GET", "/dev/google/.well-known/openid-configuration")

    assert b'"token_endpoint": "http://localhost:3000/dev/google/oauth2/token"' in response.body
