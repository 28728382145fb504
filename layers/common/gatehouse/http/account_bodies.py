"""The sign-in methods of a user, as the better-auth client lists them."""

from typing import Self

from gatehouse.accounts import ProfileRow
from gatehouse.api_model import ResponseModel, Timestamp
from gatehouse.oauth.table import AccountRow
from gatehouse.oauth.unlinking import linked_accounts


class AccountBody(ResponseModel):
    """One sign-in method: a password, or an account at a provider."""

    id: str
    account_id: str
    provider_id: str
    user_id: str
    created_at: Timestamp
    updated_at: Timestamp
    scopes: list[str]

    @classmethod
    def credential(cls, profile: ProfileRow) -> Self:
        """Return the body for a password."""
        return cls(
            id=profile.credential_id,
            account_id=profile.user_id,
            provider_id="credential",
            user_id=profile.user_id,
            created_at=profile.created_at,
            updated_at=profile.updated_at,
            scopes=[],
        )

    @classmethod
    def linked(cls, row: AccountRow) -> Self:
        """Return the body for an account at a provider."""
        return cls(
            id=row.account_id,
            account_id=row.subject,
            provider_id=row.provider_id,
            user_id=row.user_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            scopes=row.scopes,
        )


def account_bodies(profile: ProfileRow) -> list[AccountBody]:
    """Return every sign-in method of a user, the password first."""
    password = [AccountBody.credential(profile)] if profile.password_hash else []
    return [*password, *map(AccountBody.linked, linked_accounts(profile))]
