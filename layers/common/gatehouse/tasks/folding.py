"""Folding of text, by which search, tags and the order by title compare; texts are shown as they came."""

import re
from unicodedata import normalize

_TURKISH_I = re.compile("\u0131|i\u0307+")  # without dot, and with that of İ: all four letters i are one


def fold(text: str) -> str:
    """Return the form that all spellings of a text have in common: upper and lower case, composed and decomposed
    letters, full and half width (NFKC, and case folding).
    """
    folded = normalize("NFKD", normalize("NFKD", text).casefold())
    return normalize("NFKC", _TURKISH_I.sub("i", folded))
