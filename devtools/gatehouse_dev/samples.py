"""Render every mail in every language, for review."""

from datetime import UTC, datetime
from typing import Any

from gatehouse_dev.cloud import Mail

WORDS: dict[str, Any] = {
    "email": "ann@example.com",
    "base_url": "http://localhost:3000",
    "name": "Ann <Smith>",
    "to_owner": True,
    "old_email": "ann@example.com",
    "new_email": "smith@example.com",
    "lines": ["2026-11-21: Water the plants", "2026-11-21: Buy <milk>"],
    "callback_url": "/welcome",
    "origin": "Firefox, 203.0.113.0/24",
    "method": "google",
}


def samples() -> list[Mail]:
    """Return each mail in each language. Nothing is sent, and the links do not work."""
    from gatehouse.languages import SUPPORTED_LANGUAGES  # noqa: PLC0415 -- the layer is there once the cloud runs
    from gatehouse.mail.model import render  # noqa: PLC0415 -- the same
    from gatehouse.tokens import Purpose, TokenRow  # noqa: PLC0415 -- the same

    now = datetime.now(UTC)
    rows = [
        TokenRow("sample", purpose, nonce=b"sample", created_at=now, lifetime=900, language=language, **WORDS)
        for purpose in Purpose
        if purpose is not Purpose.DECOY
        for language in SUPPORTED_LANGUAGES
    ]
    return [
        Mail(to=message.to, subject=message.subject, text=message.text, html=message.html, created_at=now)
        for message in map(render, reversed(rows))
    ]
