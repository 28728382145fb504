"""The client's address, for rate limits, sessions and logs: nothing else reads it from a request.

It is what API Gateway saw. Behind a proxy that is the proxy's address; then a setting names the header in which the
proxy gives the client's. It counts only beside a secret that the proxy alone sends: anybody can send the header.
"""

import hmac
from hashlib import sha256
from ipaddress import ip_address

from starlette.requests import Request

from gatehouse.config import config
from gatehouse.setting_types import TrustedProxy

_WITH_PORT = "cloudfront-viewer-address"  # "2001:db8::1:443", without brackets


def client_address(request: Request) -> str:
    """Return the IP address of a request's client, in its usual form; empty when it is unknown."""
    seen = request.client.host if request.client else ""
    proxy = config().trusted_proxy
    if proxy and _is_from(proxy, request):
        header = proxy.address_header
        return _parse(_last_added(request.headers.get(header, ""), seen), header) or _parse(seen) or seen
    return _parse(seen) or seen


def _is_from(proxy: TrustedProxy, request: Request) -> bool:
    shown = [_shows(request, *secret) for secret in proxy.secrets]  # all are compared, whichever matches
    return any(shown)


def _shows(request: Request, header: str, digest: str) -> bool:
    shown = request.headers.get(header, "")
    return shown != "" and hmac.compare_digest(sha256(shown.encode()).hexdigest(), digest)


def _last_added(value: str, seen: str) -> str:
    """Return the last entry of a list: those before it may be the client's own. API Gateway may add whom it saw."""
    entries = [entry.strip() for entry in value.split(",")]
    if len(entries) > 1 and _parse(entries[-1]) == (_parse(seen) or seen):
        entries.pop()
    return entries[-1]


def _parse(text: str, header: str = "") -> str | None:
    """Return the address in `text`, which may have a port; None when it is malformed."""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
    elif text.count(":") == 1 or header == _WITH_PORT:
        host = text.rpartition(":")[0]
    else:
        host = text
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if address.version == 4:  # noqa: PLR2004 -- of the protocol
        return str(address)
    return None if address.scope_id else str(address.ipv4_mapped or address)
