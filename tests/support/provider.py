"""An OpenID Connect provider for tests. Tests set its claims, and replace the behaviour of its endpoints."""

import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from tests.support.relative_times import FromNow, resolve_times

CLIENT_ID, CLIENT_SECRET = "client-1", "the client's secret"
GOOGLE_SECRET = "google-client-secret"  # the name under which it is stored
ANN = {
    "sub": "1001",
    "email": "ann@example.com",
    "email_verified": True,
    "name": "Ann Google",
    "hd": "example.com",  # a domain whose mail Google hosts
}

_GENERATING = threading.Lock()

type Behaviour = Callable[[BaseHTTPRequestHandler], None]


def rsa_key(name: str = "first") -> RSAPrivateKey:
    """Return the RSA key of this name, generated on first use, also where several requests are the first."""
    with _GENERATING:
        return _generated(name)


@cache
def _generated(name: str) -> RSAPrivateKey:
    assert name
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class ReceivedRequest:
    """A request that the provider received."""

    path: str
    form: dict[str, str] = field(default_factory=dict)
    authorization: str = ""


@dataclass
class Provider:
    """The provider's state.

    `behaviour` replaces endpoints, by path. `token_fields` and `discovery_fields` override fields of the token response
    and of the discovery document; `claims` among `token_fields` overrides claims of the ID token.
    """

    url: str = ""
    keys: tuple[str, ...] = ("first",)
    signing_key: str = "first"
    received: list[ReceivedRequest] = field(default_factory=list)
    behaviour: dict[str, Behaviour] = field(default_factory=dict)
    token_fields: dict[str, Any] = field(default_factory=dict)
    discovery_fields: dict[str, Any] = field(default_factory=dict)
    _codes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def reset(self) -> None:
        """Restore the initial state."""
        vars(self).update(vars(Provider(url=self.url)))

    def authorize(self, url: str, **person: Any) -> str:
        """Return an authorization code, as for a user who consents at this authorization URL."""
        query = dict(parse_qsl(urlsplit(url).query))
        code = f"code-{uuid4()}"
        self._codes[code] = {"query": query, "person": person or ANN}
        return code

    def id_token(self, *, key: str | None = None, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a signed ID token about Ann. `claims` override its claims; None removes one."""
        defaults = {"iss": self.url, "aud": CLIENT_ID, "iat": FromNow(0), "exp": FromNow(3600), **ANN}
        signed = {name: value for name, value in resolve_times({**defaults, **claims}).items() if value is not None}
        name = key or self.signing_key
        return jwt.encode(signed, rsa_key(name), algorithm="RS256", headers={"kid": name} | (headers or {}))

    def tokens(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return status and body of the token endpoint, strict as to RFC 6749 and RFC 7636."""
        if not _authenticated(form, authorization):
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") == "refresh_token":
            return 200, {
                "access_token": f"access-{uuid4()}",
                "expires_in": 3600,
                "token_type": "Bearer",
            } | self.token_fields
        authorization_request = self._codes.pop(form.get("code", ""), None)
        if authorization_request is None or not _matches(authorization_request["query"], form):
            return 400, {"error": "invalid_grant"}
        query = authorization_request["query"]
        claims = authorization_request["person"] | {"nonce": query.get("nonce")} | self.token_fields.get("claims", {})
        fields = {name: value for name, value in self.token_fields.items() if name != "claims"}
        return 200, {
            "access_token": f"access-{uuid4()}",
            "refresh_token": f"refresh-{uuid4()}",
            "id_token": self.id_token(**claims),
            "expires_in": 3600,
            "token_type": "Bearer",
        } | fields

    def jwks(self) -> dict[str, Any]:
        """Return the key set with the public keys."""
        public = [RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True) | {"kid": name} for name in self.keys]
        return {"keys": [key | {"use": "sig", "alg": "RS256"} for key in public]}

    def discovery(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
        } | self.discovery_fields

    def google_settings(self) -> dict[str, str]:
        """Return the settings with which this provider is Google."""
        return {
            "google_client_id": CLIENT_ID,
            "google_client_secret_name": GOOGLE_SECRET,
            "google_authorize_url": f"{self.url}/authorize",
            "google_token_url": f"{self.url}/token",
            "google_jwks_url": f"{self.url}/jwks",
            "google_issuer": self.url,
        }

    def requests(self, path: str) -> list[ReceivedRequest]:
        """Return the requests that one endpoint received."""
        return [request for request in self.received if request.path == path]


def _authenticated(form: dict[str, str], authorization: str) -> bool:
    if authorization.startswith("Basic "):
        return b64decode(authorization.removeprefix("Basic ")).decode() == f"{CLIENT_ID}:the+client%27s+secret"
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


def _matches(query: dict[str, str], form: dict[str, str]) -> bool:
    verifier = form.get("code_verifier", "")
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    same_redirect = form.get("redirect_uri") == query.get("redirect_uri")
    return same_redirect and 43 <= len(verifier) <= 128 and challenge == query.get("code_challenge")


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes | dict[str, Any]) -> None:
    """Send a JSON response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider on a free local port."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.received.append(ReceivedRequest(unquote(path)))
            documents = {"/jwks": provider.jwks, "/.well-known/openid-configuration": provider.discovery}
            if path in provider.behaviour:
                provider.behaviour[path](self)
            elif path in documents:
                reply(self, 200, documents[path]())
            else:
                reply(self, 404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            authorization = self.headers.get("authorization", "")
            provider.received.append(ReceivedRequest(self.path, form, authorization))
            if self.path in provider.behaviour:
                provider.behaviour[self.path](self)
            else:
                reply(self, *provider.tokens(form, authorization))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
