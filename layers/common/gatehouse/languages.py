"""The languages that mails are written in, and which of them somebody reads."""

import re

DEFAULT = "en"
SPOKEN = ("en", "de")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,35})?\s*(?:;\s*q=([01](?:\.\d{1,3})?)\s*)?", re.ASCII)
_MOST = 20


def preferred(header: str) -> str:
    """The language that an Accept-Language header (RFC 9110, 12.5.4) asks for most, of those that are spoken here."""
    wanted: dict[str, float] = {}
    for part in header.split(",")[:_MOST]:
        if match := _RANGE.fullmatch(part):
            wanted.setdefault(match[1].lower(), float(match[2] or 1))
    return max(SPOKEN, key=lambda language: (wanted.get(language, 0), language == DEFAULT))
