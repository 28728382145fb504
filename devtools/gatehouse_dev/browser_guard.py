"""Keeps other sites that are open in the developer's browser away from the local cloud, which authenticates nobody."""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

OWN_NAMES = ("localhost", "host.docker.internal")  # the second is this machine, for containers

type Header = Callable[[str], str | None]
"""Returns a request's header by its lower-case name."""


def is_own_host(header: Header, names: tuple[str, ...] = ()) -> bool:
    """Whether a request asks for this machine by an address, or by a name of its own.

    An attacker can point a name to this machine, and a browser then lets the attacker's page read the answers (DNS
    rebinding). A request without `Host` comes from no browser.
    """
    host = header("host")
    return host is None or _is_own(f"//{host}", names)


def is_cross_site(header: Header, names: tuple[str, ...] = ()) -> bool:
    """Whether a browser sends the request for a page of another site."""
    origin = header("origin")
    return header("sec-fetch-site") == "cross-site" or (origin is not None and not _is_own(origin, names))


def is_navigation(header: Header) -> bool:
    """Whether a browser opens the page itself, not inside another page."""
    return (header("sec-fetch-mode"), header("sec-fetch-dest")) == ("navigate", "document")


def _is_own(url: str, names: tuple[str, ...]) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and (host in {*OWN_NAMES, *names} or _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
