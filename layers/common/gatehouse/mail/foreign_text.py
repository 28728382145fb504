"""What somebody else wrote, in the form in which a mail may contain it: no link, no control character, no end."""

import re
import unicodedata
from urllib.parse import urlsplit

_HIDDEN = {"Cf", "Cn", "Co", "Cs"}  # also marks that reverse the text, and characters without width
_BREAKS = {"Cc", "Zl", "Zp", "Zs"}
_DOT = "[.\u3002]"  # browsers accept the second one in a domain, too
_OF_LABEL = r"(?:[^\W_]|[^\x00-\x7f])"  # vowel signs of other scripts are no letters to `re`, nor are pictures
_OF_ENDING = r"(?:[^\W\d_]|[^\x00-\x7f])"
_LINK = re.compile(  # what mail programs make a link of, as part of a word
    rf"://|//|\\\\|\bwww{_DOT}|\b(?:https?|ftp|mailto|tel|sms|callto|skype|file|data|javascript):"
    rf"|{_OF_LABEL}{_DOT}(?:[^\W\d_]{_OF_ENDING}|xn--)|\b(?:\d+{_DOT}){{3}}\d+|\]\(",
    re.IGNORECASE,
)
_PLAIN_MAILBOX = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")
_ADDRESS = re.compile(rf"{_PLAIN_MAILBOX.pattern}@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_PORTS = {"http": 80, "https": 443}


def shown_text(text: str, longest: int, *, with_addresses: bool = False) -> str:
    """Return a name or a title in one line of at most `longest` characters, without words that look like a link.

    A title may have addresses of mail: people note whom to write to.
    """
    normal = unicodedata.normalize("NFKC", text)
    kinds = ((character, unicodedata.category(character)) for character in normal)
    plain = "".join(" " if kind in _BREAKS else character for character, kind in kinds if kind not in _HIDDEN)
    shown = " ".join(word for word in plain.split() if not _is_link(word, with_addresses=with_addresses))
    return shown if len(shown) <= longest else f"{shown[: longest - 1].rstrip()}…"


def shown_address(address: str) -> str:
    """Return an address of mail, without its local part where that could be read as a link."""
    local_part, at, domain = address.rpartition("@")
    is_plain = _PLAIN_MAILBOX.fullmatch(local_part) and not local_part.startswith("www.")
    return address if not at or is_plain else f"…@{domain}"


def leads_to(url: str, *sites: str) -> bool:
    """Whether a redirect target, checked when it was requested, is a path, in an app, or at one of `sites`."""
    if url.startswith("/") or not url.lower().startswith(("http://", "https://")):
        return True
    return _origin(url) in {_origin(site) for site in sites if site}


def _is_link(word: str, *, with_addresses: bool) -> bool:
    if with_addresses and _ADDRESS.fullmatch(word):
        return False
    return _LINK.search(word) is not None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
