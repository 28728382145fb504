"""For whom passkeys are: the domain, and the origins whose pages may use them.

Passkeys are bound to the domain for ever. By default it is the frontend's, else the service's own.
"""

from urllib.parse import urlsplit

from gatehouse.config import config
from gatehouse.passkeys.model import RelyingParty

_DEFAULT_PORTS = {"http": 80, "https": 443}


def relying_party(base_url: str) -> RelyingParty:
    """Return the relying party of a service with this public URL."""
    settings = config()
    rp_id = settings.passkey_rp_id or urlsplit(settings.frontend_url or base_url).hostname or ""
    known = dict.fromkeys(map(_origin, filter(None, (settings.frontend_url, base_url, *settings.cors_origins))))
    return RelyingParty(id=rp_id, origins=settings.passkey_origins or tuple(o for o in known if _is_within(rp_id, o)))


def related_origins(base_url: str) -> list[str]:
    """Return the origins of the web that may use the passkeys, for browsers that ask about those of other domains."""
    return [origin for origin in relying_party(base_url).origins if origin.startswith("https://")]


def _is_within(rp_id: str, origin: str) -> bool:
    return f".{urlsplit(origin).hostname}".endswith(f".{rp_id}")


def _origin(url: str) -> str:
    """Return the origin of a URL as browsers write it."""
    parts = urlsplit(url)
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme.lower()}://{parts.hostname}{port}"
