"""Keeps other sites that are open in the developer's browser away from the local cloud, which authenticates nobody."""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

OWN_NAMES = ("localhost", "host.docker.internal")  # the second is this machine, for containers
OWN_ADDRESSES = ("127.0.0.1", "::1")

type Header = Callable[[str], str | None]
"""Returns a request's header by its lower-case name."""


def is_own_host(header: Header, names: tuple[str, ...] = ()) -> bool:
    """Whether a request asks for this machine by an address, or by a name of its own.

    An attacker can point a name to this machine, and a browser then lets the attacker's page read the answers (DNS
    rebinding). A request without `Host` comes from no browser.
    """
    host = header("host")
    return host is None or _host(f"//{host}") in {*OWN_NAMES, *names} or _is_address(_host(f"//{host}"))


def is_cross_site(header: Header, names: tuple[str, ...] = ()) -> bool:
    """Whether a browser sends the request for a page of another site: at an address, for a page of another address."""
    origin = header("origin")
    own = {*OWN_NAMES, *OWN_ADDRESSES, *names, _host(f"//{header('host')}")}
    return header("sec-fetch-site") == "cross-site" or (origin is not None and _host(origin) not in own)


def is_navigation(header: Header) -> bool:
    """Whether a browser opens the page itself, not inside another page."""
    return (header("sec-fetch-mode"), header("sec-fetch-dest")) == ("navigate", "document")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
