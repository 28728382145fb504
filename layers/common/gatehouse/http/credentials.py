"""The credentials of a request: a bearer token, and the session cookie."""

from urllib.parse import unquote

from starlette.requests import Request

from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http.cookies import SESSION, clear_with_response, get_cookies
from gatehouse.http.origin import access_token_audience, base_url, bearer_token
from gatehouse.sessions import AccessToken, Credential, SessionToken, find_session

_JWT_DOTS = 2
_MAX_SESSIONS = 4  # that are looked up for one request


def request_credentials(request: Request) -> list[Credential]:
    """Return the credentials of a request: a bearer token before a cookie. Raises InvalidToken for malformed ones.

    The cookie still counts beside a JWT, which may have expired, or may not be admitted.
    """
    bearer, cookies = bearer_token(request), get_cookies(request, SESSION)
    try:
        first = _from_bearer(request, bearer) if bearer is not None else None
    except InvalidToken:
        if not cookies:
            raise
        first = None
    second = _from_cookies(request, cookies) if first is None or isinstance(first, AccessToken) else None
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

    The signatures of cookies are not checked: to sign out, the token is enough.
    """
    texts = (bearer_token(request), *get_cookies(request, SESSION))
    parsed = [_parse_unsigned(request, text) for text in texts if text]
    return list(dict.fromkeys(credential for credential in parsed if credential and is_admitted(request, credential)))


def _from_bearer(request: Request, text: str) -> Credential:
    if text.count(".") == _JWT_DOTS:
        return _access_token(request, text)
    if "." in text:
        return SessionToken.parse_signed(unquote(text), verify=request.state.verifies_cookies)
    return SessionToken.parse(text)


def _access_token(request: Request, text: str) -> AccessToken:
    return AccessToken.parse(text, issuer=base_url(request), audience=access_token_audience(request))


def _from_cookies(request: Request, cookies: list[str]) -> Credential | None:
    """Return the one session token in the cookies. Of several, the one whose session lives; two of those count as none,
    and all are cleared: one of them may be a stranger's, set by another host of the domain.

    A function that may not read the secret cannot check signatures; it looks up all tokens that are well-formed.
    """
    parsed = (_from_cookie(request, cookie) for cookie in cookies)
    tokens = list({str(token): token for token in parsed if token}.values())
    if 1 < len(tokens) <= _MAX_SESSIONS:
        tokens = [token for token in tokens if _is_living(token)]
    if len(tokens) > 1:
        clear_with_response(request, SESSION)
    return tokens[0] if len(tokens) == 1 else None


def _from_cookie(request: Request, cookie: str) -> SessionToken | None:
    try:
        return SessionToken.parse_signed(cookie, verify=request.state.verifies_cookies)
    except InvalidToken:
        return None


def _is_living(token: SessionToken) -> bool:
    try:
        find_session(token)
    except (InvalidToken, TokenExpired):
        return False
    return True


def _parse_unsigned(request: Request, text: str) -> Credential | None:
    try:
        if text.count(".") == _JWT_DOTS:
            return _access_token(request, text)
        return SessionToken.parse(text.partition(".")[0])
    except InvalidToken:
        return None
