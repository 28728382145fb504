"""A stand-in for Google, below /dev/google: a real OpenID Connect provider where anybody may be anybody.

It is the package oidc-provider-mock, in this process; the first request starts it. `PUT /dev/google/users/SUBJECT`
says what it tells of somebody; an address that is typed on its page is a person with that address, verified.
"""

import json
import os
import threading
from functools import cache
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from gatehouse_dev.messages import Request, Response

HOME = "/dev/google"
CLIENT_ID = "stand-in-for-google"
PEOPLE = ("ann@gmail.test", "bob@gmail.test")
BANNER = (
    '<p style="background:#fd5;color:#000;padding:1em;margin:0"><b>This is not Google.</b> It is a stand-in that '
    "<code>make dev</code> brings along: nobody is asked for a password. Type any address to be that person.</p>"
)

_known: set[str] = set()
_lock = threading.Lock()


def parameters(port: int) -> dict[str, str]:
    """The template's parameters that make the stand-in Google."""
    site = f"http://localhost:{port}"
    return {
        "GoogleClientId": CLIENT_ID,
        "GoogleAuthorizeUrl": f"{site}{HOME}/oauth2/authorize",
        "GoogleTokenUrl": f"{site}{HOME}/oauth2/token",
        "GoogleJwksUrl": f"{site}{HOME}/jwks",
        "GoogleIssuer": site,
    }


def serves(request: Request) -> bool:
    """Whether a request is for the stand-in."""
    return request.raw_path.startswith(f"{HOME}/")


def answer(request: Request) -> Response:
    """Answer a request for the stand-in; it may block."""
    path = unquote(request.raw_path).removeprefix(HOME)
    if request.method == "PUT" and path.startswith("/users/"):
        _known.add(path.removeprefix("/users/"))
    if request.method == "POST" and path == "/oauth2/authorize":
        _introduce(request)
    response = _asked(request)
    kind = dict(response.headers).get("content-type", "")
    return _marked(response) if kind.startswith("text/html") else response


def _introduce(request: Request) -> None:
    """Let whoever types an address be known by it."""
    for subject in parse_qs(request.body.decode()).get("sub", []):
        if "@" in subject and subject not in _known:
            _known.add(subject)
            name = subject.partition("@")[0].capitalize()
            claims = {"email": subject, "email_verified": True, "name": name}
            place = f"{HOME}/users/{quote(subject, safe='')}"
            headers = (("content-type", "application/json"),)
            _asked(
                Request(
                    method="PUT",
                    raw_path=place,
                    headers=headers,
                    body=json.dumps(claims).encode(),
                    authority=request.authority,
                )
            )


def _asked(request: Request) -> Response:
    from werkzeug.test import EnvironBuilder, run_wsgi_app  # noqa: PLC0415 -- for those who use it

    builder = EnvironBuilder(
        path=unquote(request.raw_path).removeprefix(HOME),
        base_url=f"http://{request.authority}{HOME}",
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
        return _started()


@cache
def _started() -> Any:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # it is on this machine alone
    from oidc_provider_mock import User, app  # noqa: PLC0415 -- takes a second

    _known.update(PEOPLE)
    return app(
        user_claims=[
            User(
                sub=address,
                claims={"email": address, "email_verified": True, "name": address.partition("@")[0].capitalize()},
            )
            for address in PEOPLE
        ]
    )


def _marked(response: Response) -> Response:
    body = response.body.replace(b"<main", BANNER.encode() + b"<main", 1)
    return Response(status=response.status, headers=response.headers, body=body)
