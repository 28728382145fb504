"""Origin checks for requests with cookies, and checks of redirect targets. `middleware` runs them
for every endpoint.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request

from gatehouse.config import config
from gatehouse.errors import (
    CrossSiteLogin,
    InvalidCallbackUrl,
    InvalidErrorCallbackUrl,
    InvalidInput,
    InvalidNewUserCallbackUrl,
    InvalidOrigin,
    InvalidRedirectUrl,
    MissingOrigin,
    Refusal,
)
from gatehouse.site import resolve_target

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_APP_ORIGIN = "expo-origin"
_ORIGINS = ("origin", "referer", _APP_ORIGIN)  # the first one that is not empty counts
_FETCH_METADATA = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")
_TARGETS: dict[str, type[Refusal]] = {  # by their names without case and underscores: callbackURL, callback_url
    "callbackurl": InvalidCallbackUrl,
    "redirectto": InvalidRedirectUrl,
    "redirecturi": InvalidRedirectUrl,
    "errorcallbackurl": InvalidErrorCallbackUrl,
    "newusercallbackurl": InvalidNewUserCallbackUrl,
}
_LONGEST_TARGET = 3072  # bytes of a redirect target; API Gateway accepts 10 KB of headers
_RESERVED = ":/?#[]@!$&'()*+,;=%"
_LONGEST_LOCATION = 8192  # bytes of a `Location`, without other large headers
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_LARGEST_PORT = 65_535
_HTTP_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(?P<port>0|[1-9][0-9]{0,4}))?(?=[/?#]|\Z)",
    re.ASCII | re.IGNORECASE,
)
_UNSAFE_PATH = re.compile(r"%2f|%5c", re.IGNORECASE)


def base_url(request: Request) -> str:
    """Return the service's own URL: as configured, else as API Gateway names it. Headers are ignored."""
    return config().base_url.rstrip("/") or f"https://{request.scope['aws.event']['requestContext']['domainName']}"


def access_token_audience(request: Request) -> str:
    """Return whom access tokens are for, as `aud` says: as configured, else the service itself, their issuer."""
    return config().access_token_audience or base_url(request)


def check_origin(request: Request, *, signs_in: bool) -> None:
    """Reject a state-changing request that may be cross-site request forgery.

    Bearer calls need no origin, unless a browser sends them to sign somebody in: no page can add the header to a
    request to another site. Without a trusted origin their cookies do not count: HTTP libraries keep and send cookies
    by themselves. Apps have no origin; see `_origin_header`. Raises MissingOrigin, InvalidOrigin or CrossSiteLogin.
    """
    if request.method in _SAFE_METHODS:
        return
    if "cookie" in request.headers:
        try:
            _require_origin(request)
        except (MissingOrigin, InvalidOrigin):
            if bearer_token(request) is None:
                raise
            _drop_cookies(request)
        else:
            return
    if signs_in:
        _check_login(request)


def is_from_app(request: Request) -> bool:
    """Whether an app of a trusted scheme sent the request, by its own account."""
    origin = _origin_header(request)
    return origin == request.headers.get(_APP_ORIGIN) and is_app_link(origin) and _is_trusted(request, origin)


def is_app_link(target: str) -> bool:
    """Whether a trusted redirect target leads into an app: it is neither a path nor a page of the web."""
    return not target.lower().startswith(("/", *(f"{scheme}://" for scheme in _DEFAULT_PORTS)))


def bearer_token(request: Request) -> str | None:
    """Return the token of the `Authorization` header.

    Other schemes do not count: a browser sends Basic credentials that it knows to every site's requests.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _drop_cookies(request: Request) -> None:
    headers = request.scope["headers"]
    headers[:] = [header for header in headers if header[0] != b"cookie"]  # `request.headers` is a view of this list


def encode_location(url: str) -> str:
    """Return `url` as a `Location` header can carry it: non-ASCII characters are percent-encoded.

    Raises InvalidInput when it would be too long for the header, or for the request that follows it.
    """
    location = _percent_encode(url)
    if len(location) > _LONGEST_LOCATION:
        raise InvalidInput("The redirect would be too long. Send less.")
    return location


def _percent_encode(url: str) -> str:
    return quote(url, safe=_RESERVED)


def check_redirect_targets(request: Request, sent: Any) -> None:
    """Reject a request whose body or query names a redirect target that is not trusted.

    The parameter names are matched without case and underscores, because it is not known here how a route reads them.
    """
    body = sent if isinstance(sent, dict) else {}
    for name, target in (*body.items(), *request.query_params.multi_items()):
        refusal = _TARGETS.get(name.replace("_", "").lower())
        if not refusal or not target:
            continue
        if not isinstance(target, str):
            raise InvalidInput(f"Invalid {name}: expected a string")
        if not is_trusted_target(request, target):
            raise refusal


def is_trusted_target(request: Request, url: str) -> bool:
    """Whether a redirect may lead to `url`: a path or a page of a trusted origin that, with its site, fits a header."""
    if _UNSAFE.search(url) or len(url) > _LONGEST_TARGET:
        return False
    if url.startswith("/"):
        if url.startswith("//") or _UNSAFE_PATH.search(urlsplit(url).path):
            return False
        url = resolve_target(url, asking_site(request)) or url
    elif not _is_trusted(request, url):
        return False
    return len(_percent_encode(url)) <= _LONGEST_TARGET


def asking_site(request: Request) -> str:
    """Return the trusted origin whose page sent the request: paths are of that site. Empty when that is not known."""
    origin = _origin_header(request)
    return (_is_trusted(request, origin) and _origin(origin)) or ""


def _check_login(request: Request) -> None:
    if any(name in request.headers for name in _FETCH_METADATA):
        site, mode = (request.headers.get(name) for name in _FETCH_METADATA[:2])
        if (site, mode) == ("cross-site", "navigate"):
            raise CrossSiteLogin
        _require_origin(request)
    elif any(name in request.headers for name in _ORIGINS):
        _require_origin(request)


def _origin_header(request: Request) -> str:
    """Return where the request comes from, as its headers say; empty when none of them is there.

    Expo's client names the scheme of its app in a header of its own. A page cannot have it stand for its own origin: a
    browser sends `Origin` with every request to another site that has such a header, after a preflight that refuses it.
    """
    origin = next(filter(None, map(request.headers.get, _ORIGINS)), "")
    return base_url(request) if origin == "null" and request.headers.get("sec-fetch-site") == "same-origin" else origin


def _require_origin(request: Request) -> None:
    origin = _origin_header(request)
    if not origin or origin == "null":
        raise MissingOrigin
    if not _is_trusted(request, origin):
        raise InvalidOrigin


def _is_trusted(request: Request, url: str) -> bool:
    settings = config()
    patterns = (base_url(request), settings.frontend_url, *settings.cors_origins, *settings.trusted_origins)
    return not _UNSAFE.search(url) and any(_matches(pattern, url) for pattern in patterns if pattern)


def _matches(pattern: str, url: str) -> bool:
    scheme, separator, rest = pattern.partition("://")
    if separator and scheme.lower() not in _DEFAULT_PORTS:
        return _matches_scheme(scheme.lower(), rest, url)
    origin = _origin(url)
    if origin is None:
        return False
    if "*" in pattern or "?" in pattern:
        return _matches_wildcard(pattern.rstrip("/").lower(), origin if separator else origin.partition("://")[2])
    return bool(separator) and _origin(pattern) == origin


def _matches_scheme(scheme: str, rest: str, url: str) -> bool:
    given, separator, place = url.partition("://")
    if not separator or given.lower() != scheme:
        return False
    wanted = rest.rstrip("/")
    return (
        not wanted or re.split(r"[?#]", place)[0] == wanted or re.match(re.escape(wanted) + r"[/?#]", place) is not None
    )


def _matches_wildcard(pattern: str, text: str) -> bool:
    host = pattern.partition("://")[2] or pattern
    if re.fullmatch(r"[\d.*?:]+", host) and not _is_ipv4(text.rpartition("/")[2]):
        return False  # 10.* means addresses, not a host named 10.example.com
    expression = re.escape(pattern).replace(r"\*", "[a-z0-9.-]+").replace(r"\?", "[a-z0-9-]")
    return re.fullmatch(expression, text) is not None


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host.partition(":")[0])
    except ValueError:
        return False
    return True


def _origin(url: str) -> str | None:
    """Return the origin of an http or https URL as browsers write it, without the default port; None for anything that
    is not exactly scheme, host and port.
    """
    match = _HTTP_URL.match(url)
    if not match:
        return None
    scheme, host, port = match["scheme"].lower(), match["host"].lower(), match["port"]
    if host.startswith("[") and not _is_ipv6(host[1:-1]):
        return None
    if port and int(port) > _LARGEST_PORT:
        return None
    return f"{scheme}://{host}" if port in {None, _DEFAULT_PORTS[scheme]} else f"{scheme}://{host}:{port}"


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True
