"""List users, by a scan of their table. Import it only with the environment of the functions set."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.api_model import format_timestamp

ROWS = 1_000  # read by a request, which ends at 1 MB
SHOWN = ("pk", "sk", "user_id", "email", "email_verified", "disabled", "two_factor", "created_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The users to list."""

    email_contains: str | None = None
    unverified: bool = False
    disabled: bool = False
    two_factor: bool | None = None
    since: datetime | None = None

    def condition(self) -> Condition:
        """Return the condition on rows of the users table."""
        _, _, profile = profile_key("")
        found: Condition = ProfileRow.sk == profile
        if self.email_contains:
            found &= ProfileRow.email.contains(self.email_contains.lower())
        if self.unverified:
            found &= ProfileRow.email_verified == False  # noqa: E712 -- a condition
        if self.disabled:
            found &= ProfileRow.disabled == True  # noqa: E712 -- a condition
        if self.two_factor is not None:
            found &= ProfileRow.two_factor.exists() if self.two_factor else ProfileRow.two_factor.does_not_exist()
        if self.since:
            found &= ProfileRow.created_at >= self.since
        return found


def list_users(wanted: Wanted, *, limit: int, after: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield up to `limit` users as JSON, in the table's own order, beginning after the user with the id `after`."""
    _, pk, sk = profile_key(after or "")
    rows = ProfileRow.scan(
        wanted.condition(),
        limit=limit,
        page_size=ROWS,
        last_evaluated_key={"pk": {"S": pk}, "sk": {"S": sk}} if after else None,
        attributes_to_get=list(SHOWN),
    )
    for row in rows:
        yield {
            "id": row.user_id,
            "email": row.email,
            "emailVerified": row.email_verified,
            "disabled": bool(row.disabled),
            "twoFactorEnabled": row.two_factor is not None,
            "createdAt": format_timestamp(row.created_at),
        }
