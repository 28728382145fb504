"""Sign-in at Google and another provider: the client secret, the API's redirect, and what the provider says of it."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit

from botocore.exceptions import ClientError

from gatehouse_dev.doctor.deployment import Deployment
from gatehouse_dev.doctor.findings import Finding, Findings, ok, problem, warning
from gatehouse_dev.doctor.http_probe import Answer, Unreachable, send

# Of RFC 6749 and OpenID Connect, and Google's own.
REFUSALS = re.compile(
    r"redirect_uri_mismatch|invalid_redirect_uri|invalid_client|deleted_client|disabled_client|unauthorized_client|"
    r"org_internal|invalid_scope|invalid_request|access_denied|unsupported_response_type"
)
OF_REDIRECTS = {"redirect_uri_mismatch", "invalid_redirect_uri"}
REGISTERING = (
    "Register at the provider (Google: APIs & Services → Credentials → the client → Authorized redirect URIs):"
)
GOOGLES = {None, "accounts.google.com"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    id: str
    parameter: str
    """The prefix of its parameters."""
    paths: tuple[str, ...]
    """The paths of its redirect URIs, that of `sign-in/social` first."""


def providers(deployment: Deployment) -> Findings:
    """Whether users can be sent to each configured provider."""
    configured = list(_configured(deployment))
    if not configured:
        yield ok("No provider is configured.")
    for provider in configured:
        yield from _client_secret(deployment, provider)
        yield from _redirect(deployment, provider)


def _configured(deployment: Deployment) -> Iterator[_Provider]:
    if deployment.parameter("GoogleClientId"):
        paths = ("/api/auth/callback/google", "/api/auth/oauth/google/callback")
        yield _Provider(id="google", parameter="Google", paths=paths)
    if deployment.parameter("OidcClientId") and deployment.parameter("OidcIssuer"):
        name = deployment.parameter("OidcProviderId")
        yield _Provider(id=name, parameter="Oidc", paths=(f"/api/auth/callback/{name}",))


def _client_secret(deployment: Deployment, provider: _Provider) -> Findings:
    parameter = f"{provider.parameter}ClientSecretName"
    name = deployment.parameter(parameter)
    create = deployment.aws(f'secretsmanager create-secret --name {name} --secret-string "$CLIENT_SECRET"')
    if not name:
        if provider.id == "google" and urlsplit(deployment.parameter("GoogleAuthorizeUrl")).hostname in GOOGLES:
            yield problem("GoogleClientSecretName is empty: Google gives no tokens.", *deployment.set(f"{parameter}=…"))
        return
    try:
        value = deployment.client("secretsmanager").get_secret_value(SecretId=name).get("SecretString", "")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        yield problem(f"There is no secret {name} for {provider.id}.", create)
        return
    put = deployment.aws(f'secretsmanager put-secret-value --secret-id {name} --secret-string "$CLIENT_SECRET"')
    if not value.strip():
        yield problem(f"The client secret {name} is empty.", put)
    elif value != value.strip() or value.startswith("{"):
        yield problem(f"The client secret {name} is JSON or has blanks around it, and must be the plain text.", put)
    else:
        yield ok(f"The client secret {name} is there.")


def _redirect(deployment: Deployment, provider: _Provider) -> Findings:
    """Ask the API for the provider's page, and the provider whether it would show it."""
    url, body = f"{deployment.api_url}/api/auth/sign-in/social", {"provider": provider.id, "disableRedirect": True}
    answer = send("POST", url, body=body)
    page = str(answer.json.get("url", ""))
    if answer.status != HTTPStatus.OK or not page:
        yield _refused_by_api(deployment, provider, answer)
        return
    expected = [f"{deployment.public_url}{path}" for path in provider.paths]
    sent = dict(parse_qsl(urlsplit(page).query)).get("redirect_uri", "")
    if sent != expected[0]:
        yield problem(
            f"The API sends users of {provider.id} back to {sent}, not to {expected[0]}: its BaseUrl is another.",
            deployment.deploy,
        )
        return
    yield from _asked(provider, page, expected)


def _refused_by_api(deployment: Deployment, provider: _Provider, answer: Answer) -> Finding:
    code = answer.json.get("code") or answer.status
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return warning(
            f"The API limits sign-ins from this address now; {provider.id} was not checked.", "Ask again later"
        )
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        document = f"{deployment.parameter('OidcIssuer').rstrip('/')}/.well-known/openid-configuration"
        return problem(f"{provider.id} gives no usable description ({code}).", f"Open {document}", "Mend OidcIssuer")
    return problem(f"The API has no {provider.id} ({code}): it was deployed with other settings.", deployment.deploy)


def _asked(provider: _Provider, page: str, uris: list[str]) -> Findings:
    """Open the provider's page with each redirect URI, as a browser without a session would."""
    place = urlsplit(page)
    if place.scheme != "https" and place.hostname not in LOOPBACK:
        yield problem(
            f"The page of {provider.id} is at {place.scheme}://{place.netloc}, which is not https.",
            f"Mend {provider.parameter}AuthorizeUrl or {provider.parameter}Issuer",
        )
        return
    for uri in uris:
        query = urlencode(
            [
                *((name, value) for name, value in parse_qsl(place.query) if name != "redirect_uri"),
                ("redirect_uri", uri),
            ]
        )
        try:
            answer = send("GET", place._replace(query=query).geturl(), accept="text/html")
        except Unreachable as error:
            yield warning(f"{provider.id} was not asked: {error}", REGISTERING, *uris)
            return
        yield _judged(provider, uri, answer)


def _judged(provider: _Provider, uri: str, answer: Answer) -> Finding:
    refusal = _refusal(answer)
    if refusal in OF_REDIRECTS:
        return problem(f"{provider.id} does not know the redirect URI ({refusal}).", REGISTERING, uri)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return warning(f"{provider.id} answers {answer.status}; its redirect URIs were not checked.", REGISTERING, uri)
    if refusal:
        mended = (
            f"Compare {provider.parameter}ClientId with the client at the provider, and its redirect URIs with {uri}"
        )
        return problem(f"{provider.id} refuses the sign-in ({refusal}).", mended)
    return ok(f"{provider.id} shows its page for {uri}.")


def _refusal(answer: Answer) -> str:
    """Return the error with which a provider refuses an authorization request; empty if it seems to accept it.

    Google redirects to a page of its own, with the error in `authError`, as Base64.
    """
    location = urlsplit(answer.headers.get("location", ""))
    query = dict(parse_qsl(location.query))
    if detail := query.get("authError"):
        with suppress(ValueError):
            text = urlsafe_b64decode(f"{detail}{'=' * (-len(detail) % 4)}").decode(errors="replace")
            return _first_code(text) or "an error"
    if code := query.get("error"):
        return code if code not in ("login_required", "interaction_required", "consent_required") else ""
    if answer.status >= HTTPStatus.BAD_REQUEST:
        return _first_code(answer.text) or f"status {answer.status}"
    return ""


def _first_code(text: str) -> str:
    found = REFUSALS.search(text)
    return found[0] if found else ""
