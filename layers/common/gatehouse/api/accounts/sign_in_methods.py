"""The sign-in methods of a user, as the better-auth client lists them."""

from gatehouse.accounts import ProfileRow
from gatehouse.api_model import ResponseModel, Timestamp
from gatehouse.oauth.unlinking import PASSWORD, linked_accounts


class AccountBody(ResponseModel):
    """One sign-in method: a password, or an account at a provider."""

    id: str
    account_id: str
    provider_id: str
    user_id: str
    created_at: Timestamp
    updated_at: Timestamp
    scopes: list[str]


def sign_in_methods(profile: ProfileRow) -> list[AccountBody]:
    """Return every sign-in method of a user, the password first."""
    password = AccountBody.of(
        profile, id=profile.credential_id, account_id=profile.user_id, provider_id=PASSWORD, scopes=[]
    )
    linked = [AccountBody.of(row, id=row.account_id, account_id=row.subject) for row in linked_accounts(profile)]
    return [password, *linked] if profile.password_hash else linked
