"""Where a request came from, as roughly as a mail may say it: the browser's family and a large network.

Neither holds text of the client's own: a stranger would write it into a mail to somebody else.
"""

from ipaddress import ip_network

from gatehouse.sessions import ClientInfo

_FAMILIES = {  # by what only they write, in this order: most name Chrome and Safari as well
    "Edg/": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_PREFIXES = {4: 24, 6: 48}  # bits of an address that are kept, by its version


def rough_origin(client: ClientInfo) -> str:
    """Return such as `Firefox, 203.0.113.0/24`; empty when nothing is known."""
    family = next((name for mark, name in _FAMILIES.items() if mark in client.user_agent), "")
    return ", ".join(part for part in (family, _network(client.ip_address)) if part)


def _network(ip: str) -> str:
    try:
        address = ip_network(ip)
    except ValueError:
        return ""
    return str(address.supernet(new_prefix=_PREFIXES[address.version]))
