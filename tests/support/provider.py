"""A provider that tests own: it signs what it is told to, and can be broken in every way."""

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
ANN = {"sub": "1001", "email": "ann@example.com", "email_verified": True, "name": "Ann Google"}

type Behaviour = Callable[[BaseHTTPRequestHandler], None]


@cache
def rsa_key(name: str = "first") -> RSAPrivateKey:
    """A key, by any name; it is made when first asked for."""
    assert name
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class ReceivedRequest:
    """One request that the provider got."""

    path: str
    form: dict[str, str] = field(default_factory=dict)
    authorization: str = ""


@dataclass
class Provider:
    """`claims` go over what ID tokens say by themselves; `behaviour` takes the place of an endpoint's, by its path."""

    url: str = ""
    keys: tuple[str, ...] = ("first",)
    signs_with: str = "first"
    asked: list[ReceivedRequest] = field(default_factory=list)
    behaviour: dict[str, Behaviour] = field(default_factory=dict)
    gives: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    _codes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def reset(self) -> None:
        """As if it had just begun."""
        vars(self).update(vars(Provider(url=self.url)))

    def visits(self, page: str, **person: Any) -> str:
        """The code for somebody who says yes on the page that the service sent them to."""
        query = dict(parse_qsl(urlsplit(page).query))
        code = f"code-{uuid4()}"
        self._codes[code] = {"query": query, "person": person or ANN}
        return code

    def id_token(self, *, key: str | None = None, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """An ID token about Ann, or about whom `claims` say; None takes a claim away."""
        usual = {"iss": self.url, "aud": CLIENT_ID, "iat": FromNow(0), "exp": FromNow(3600), **ANN}
        said = {name: value for name, value in resolve_times({**usual, **claims}).items() if value is not None}
        name = key or self.signs_with
        return jwt.encode(said, rsa_key(name), algorithm="RS256", headers={"kid": name} | (headers or {}))

    def tokens(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """What the token endpoint answers: RFC 6749 and RFC 7636, as a strict provider takes them."""
        if not _authenticated(form, authorization):
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") == "refresh_token":
            return 200, {"access_token": f"access-{uuid4()}", "expires_in": 3600, "token_type": "Bearer"} | self.gives
        begun = self._codes.pop(form.get("code", ""), None)
        if begun is None or not _fits(begun["query"], form):
            return 400, {"error": "invalid_grant"}
        claims = begun["person"] | {"nonce": begun["query"].get("nonce")} | self.gives.get("claims", {})
        given = {name: value for name, value in self.gives.items() if name != "claims"}
        return 200, {
            "access_token": f"access-{uuid4()}",
            "refresh_token": f"refresh-{uuid4()}",
            "id_token": self.id_token(**claims),
            "expires_in": 3600,
            "token_type": "Bearer",
        } | given

    def jwks(self) -> dict[str, Any]:
        """The public keys."""
        public = [RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True) | {"kid": name} for name in self.keys]
        return {"keys": [key | {"use": "sig", "alg": "RS256"} for key in public]}

    def discovery(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
        } | self.description

    def requests(self, path: str) -> list[ReceivedRequest]:
        """What was asked of one endpoint."""
        return [asked for asked in self.asked if asked.path == path]


def _authenticated(form: dict[str, str], authorization: str) -> bool:
    if authorization.startswith("Basic "):
        return b64decode(authorization.removeprefix("Basic ")).decode() == f"{CLIENT_ID}:the+client%27s+secret"
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


def _fits(query: dict[str, str], form: dict[str, str]) -> bool:
    verifier = form.get("code_verifier", "")
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    same = form.get("redirect_uri") == query.get("redirect_uri")
    return same and 43 <= len(verifier) <= 128 and challenge == query.get("code_challenge")


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes | dict[str, Any]) -> None:
    """Answer a request of the provider's."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider on a free port of this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(ReceivedRequest(unquote(path)))
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
            provider.asked.append(ReceivedRequest(self.path, form, authorization))
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
