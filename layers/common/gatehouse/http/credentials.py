"""The credentials of a request: a bearer token, and the session cookie."""

from urllib.parse import unquote

from starlette.requests import Request

from gatehouse.errors import InvalidToken
from gatehouse.http.cookies import session_cookie
from gatehouse.http.origin import access_token_audience, base_url
from gatehouse.sessions import AccessToken, Credential, SessionToken

_JWT_DOTS = 2


def request_credentials(request: Request) -> list[Credential]:
    """Return the credentials of a request: a bearer token before a cookie. Raises InvalidToken for malformed ones.

    The cookie still counts beside a JWT, which may have expired, or may not be admitted.
    """
    bearer, cookie = _bearer_token(request), session_cookie(request)
    try:
        first = _from_bearer(request, bearer) if bearer is not None else None
    except InvalidToken:
        if cookie is None:
            raise
        first = None
    second = _from_cookie(request, cookie) if first is None or isinstance(first, AccessToken) else None
    return [credential for credential in (first, second) if credential]


def optional_credentials(request: Request) -> list[Credential]:
    """Return the admitted credentials of a request in order of precedence; an empty list when they are malformed."""
    try:
        return [credential for credential in request_credentials(request) if is_admitted(request, credential)]
    except InvalidToken:
        return []


def is_admitted(request: Request, credential: Credential) -> bool:
    """Whether the function takes this kind of credential for its session: a JWT only where its policy says so."""
    admits: bool = request.state.admits_access_tokens
    return admits or not isinstance(credential, AccessToken)


def all_credentials(request: Request) -> list[Credential]:
    """Return all admitted credentials of a request, each once.

    The cookie's signature is not checked: to sign out, its token is enough.
    """
    texts = (_bearer_token(request), session_cookie(request))
    parsed = [_parse_unsigned(request, text) for text in texts if text]
    return list(dict.fromkeys(credential for credential in parsed if credential and is_admitted(request, credential)))


def _bearer_token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _from_bearer(request: Request, text: str) -> Credential:
    if text.count(".") == _JWT_DOTS:
        return _access_token(request, text)
    if "." in text:
        return SessionToken.parse_signed(unquote(text), verify=request.state.verifies_cookies)
    return SessionToken.parse(text)


def _access_token(request: Request, text: str) -> AccessToken:
    return AccessToken.parse(text, issuer=base_url(request), audience=access_token_audience(request))


def _from_cookie(request: Request, cookie: str | None) -> Credential | None:
    try:
        return SessionToken.parse_signed(cookie, verify=request.state.verifies_cookies) if cookie else None
    except InvalidToken:
        return None


def _parse_unsigned(request: Request, text: str) -> Credential | None:
    try:
        if text.count(".") == _JWT_DOTS:
            return _access_token(request, text)
        return SessionToken.parse(text.partition(".")[0])
    except InvalidToken:
        return None
