"""A fake Google under /dev/google: an OpenID Connect provider without authentication.

It is the package oidc-provider-mock, in this process; the first request starts it. `PUT /dev/google/users/SUBJECT` sets
a user's claims. An address typed on its page becomes a user with that address, verified.
"""

import json
import os
import threading
from functools import cache
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from gatehouse_dev.messages import Request, Response

PREFIX = "/dev/google"
CLIENT_ID = "stand-in-for-google"
USERS = ("ann@gmail.test", "bob@gmail.test")
BANNER = (
    '<p style="background:#fd5;color:#000;padding:1em;margin:0"><b>This is not Google.</b> It is the fake provider of '
    "<code>make dev</code>, without passwords. Type any address to sign in with it.</p>"
)

_registered: set[str] = set()
_lock = threading.Lock()


def parameters(port: int) -> dict[str, str]:
    """Return the template's parameters for the fake Google."""
    site = f"http://localhost:{port}"
    return {
        "GoogleClientId": CLIENT_ID,
        "GoogleAuthorizeUrl": f"{site}{PREFIX}/oauth2/authorize",
        "GoogleTokenUrl": f"{site}{PREFIX}/oauth2/token",
        "GoogleJwksUrl": f"{site}{PREFIX}/jwks",
        "GoogleIssuer": site,
    }


def handles(request: Request) -> bool:
    """Whether a request is for the fake provider."""
    return request.raw_path.startswith(f"{PREFIX}/")


def is_page(request: Request) -> bool:
    """Whether a request is for the page where a user consents."""
    return (request.method, request.raw_path) == ("GET", f"{PREFIX}/oauth2/authorize")


def respond(request: Request) -> Response:
    """Handle a request for the fake provider; it may block."""
    path = unquote(request.raw_path).removeprefix(PREFIX)
    if request.method == "PUT" and path.startswith("/users/"):
        _registered.add(path.removeprefix("/users/"))
    if request.method == "POST" and path == "/oauth2/authorize":
        _register_typed_user(request)
    response = _forward(request)
    kind = dict(response.headers).get("content-type", "")
    return _with_banner(response) if kind.startswith("text/html") else response


def _register_typed_user(request: Request) -> None:
    """Register the address that was typed on the page as a user."""
    for subject in parse_qs(request.body.decode()).get("sub", []):
        if "@" in subject and subject not in _registered:
            _registered.add(subject)
            claims = _claims(subject)
            place = f"{PREFIX}/users/{quote(subject, safe='')}"
            headers = (("content-type", "application/json"),)
            _forward(
                Request(
                    method="PUT",
                    raw_path=place,
                    headers=headers,
                    body=json.dumps(claims).encode(),
                    authority=request.authority,
                )
            )


def _forward(request: Request) -> Response:
    from werkzeug.test import EnvironBuilder, run_wsgi_app  # noqa: PLC0415 -- few runs use it

    builder = EnvironBuilder(
        path=unquote(request.raw_path).removeprefix(PREFIX),
        base_url=f"http://{request.authority}{PREFIX}",
        query_string=request.raw_query,
        method=request.method,
        headers=[(name, value) for name, value in request.headers if name.lower() not in {"host", "content-length"}],
        data=request.body,
    )
    body, status, headers = run_wsgi_app(_app(), builder.get_environ(), buffered=True)
    kept = tuple((name.lower(), value) for name, value in headers if name.lower() != "content-length")
    return Response(status=int(status.split()[0]), headers=kept, body=b"".join(body))


def _app() -> Any:
    with _lock:
        return _started_app()


@cache
def _started_app() -> Any:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # it is on this machine only
    from oidc_provider_mock import User, app  # noqa: PLC0415 -- takes a second

    _registered.update(USERS)
    return app(user_claims=[User(sub=address, claims=_claims(address)) for address in USERS])


def _claims(address: str) -> dict[str, Any]:
    """Return the claims about the user of an address. Its domain is `hd`: this Google hosts the mail of all."""
    name, _, domain = address.rpartition("@")
    return {"email": address, "email_verified": True, "name": name.capitalize(), "hd": domain}


def _with_banner(response: Response) -> Response:
    body = response.body.replace(b"<main", BANNER.encode() + b"<main", 1)
    return Response(status=response.status, headers=response.headers, body=body)
