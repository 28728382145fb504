"""For tests of an app: `app.dependency_overrides[optional_user] = lambda: a_user(email="ann@example.com")`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gatehouse_fastapi.user import User

_CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_ANN = User(
    id="00000000-0000-4000-8000-000000000001",
    email="ann@example.com",
    name="Ann",
    image=None,
    email_verified=True,
    created_at=_CREATED_AT,
    updated_at=_CREATED_AT,
    session_id="a-session-of-ann-00001",
    session_expires_at=_CREATED_AT + timedelta(days=36_500),
)


def a_user(**changes: Any) -> User:
    """Return a signed-in user: Ann, with `changes`."""
    return replace(_ANN, **changes)
