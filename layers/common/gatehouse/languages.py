"""The languages of mails and pages, and content negotiation between them."""

import re

DEFAULT_LANGUAGE = "en"
SUPPORTED_LANGUAGES = ("en", "de")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,35})?\s*(?:;\s*q=([01](?:\.\d{1,3})?)\s*)?", re.ASCII)
_MAX_RANGES = 20


def preferred_language(header: str) -> str:
    """Return the supported language that an Accept-Language header (RFC 9110, 12.5.4) prefers."""
    wanted: dict[str, float] = {}
    for part in header.split(",")[:_MAX_RANGES]:
        if match := _RANGE.fullmatch(part):
            wanted.setdefault(match[1].lower(), float(match[2] or 1))
    return max(SUPPORTED_LANGUAGES, key=lambda language: (wanted.get(language, 0), language == DEFAULT_LANGUAGE))
