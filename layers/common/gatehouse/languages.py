"""The languages of mails and pages, and content negotiation between them.

The negotiation is our own: that of Werkzeug, WebOb or langcodes adds 55 to 90 ms to a cold start, and up to 1 MB to
the layer.
"""

import re

DEFAULT_LANGUAGE = "en"
SUPPORTED_LANGUAGES = (DEFAULT_LANGUAGE, "de")
_RANGE = re.compile(
    r"[ \t]*(\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?",
    re.ASCII | re.IGNORECASE,
)
_MAX_RANGES = 20


def preferred_language(header: str) -> str:
    """Return the supported language that an Accept-Language header prefers (RFC 9110, 12.5.4).

    The range with the highest weight is looked up first, of equal ones the first. `*` alone is the default.
    """
    weights: dict[str, float] = {}
    for part in header.split(",")[:_MAX_RANGES]:
        if match := _RANGE.fullmatch(part):
            wanted = match[1].lower()
            weights[wanted] = max(weights.get(wanted, 0), float(match[2] or 1))
    offered = [language for language in SUPPORTED_LANGUAGES if weights.get(language, 1)] or [DEFAULT_LANGUAGE]
    ranges = sorted(filter(weights.get, weights), key=weights.__getitem__, reverse=True)
    return next((found for wanted in ranges if (found := _look_up(wanted, offered))), offered[0])


def _look_up(wanted: str, offered: list[str]) -> str:
    """Return the offered language that a range names, after removing subtags from its end (RFC 4647, 3.4), or ""."""
    subtags = wanted.split("-")
    while subtags and "-".join(subtags) not in offered:
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:
            subtags.pop()
    return "-".join(subtags)
