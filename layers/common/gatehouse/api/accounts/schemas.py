"""A user, as the better-auth client expects it."""

from operator import not_
from typing import Literal

from pydantic import Field

from gatehouse.accounts.model import UTC
from gatehouse.api_model import ResponseModel, Timestamp


class UserBody(ResponseModel):
    """A user."""

    id: str
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: Timestamp
    updated_at: Timestamp
    two_factor_enabled: bool


class OwnUserBody(UserBody):
    """A user as they see themselves, with those settings that differ from the defaults."""

    two_factor_method: Literal["totp", "otp"] | None = Field(default=None, exclude_if=not_)
    task_reminders: bool = Field(default=False, exclude_if=not_)
    time_zone: str = Field(default=UTC, exclude_if=lambda zone: zone == UTC)
