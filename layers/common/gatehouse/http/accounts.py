"""The ways in that somebody has, as the better-auth client knows them."""

from typing import Self

from gatehouse.accounts import ProfileRow
from gatehouse.oauth.table import AccountRow
from gatehouse.oauth.unlinking import accounts_of
from gatehouse.wire import Answer, Moment


class AccountBody(Answer):
    """One way in."""

    id: str
    account_id: str
    provider_id: str
    user_id: str
    created_at: Moment
    updated_at: Moment
    scopes: list[str]

    @classmethod
    def credential(cls, profile: ProfileRow) -> Self:
        """The body for a password."""
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
        """The body for an account at a provider."""
        return cls(
            id=row.account_id,
            account_id=row.subject,
            provider_id=row.provider_id,
            user_id=row.user_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            scopes=row.scopes,
        )


def ways_in(profile: ProfileRow) -> list[AccountBody]:
    """Every way in of a person: the password first."""
    password = [AccountBody.credential(profile)] if profile.password_hash else []
    return [*password, *map(AccountBody.linked, accounts_of(profile))]
