"""A sign-in attempt."""

from typing import Annotated

from fastapi import Depends

from gatehouse.accounts import PasswordCredentials
from gatehouse.accounts.flows import SignInAttempt
from gatehouse.http.authentication import CurrentClient


async def _current_attempt(credentials: PasswordCredentials, client: CurrentClient) -> SignInAttempt:
    return SignInAttempt(credentials=credentials, client=client)


CurrentSignInAttempt = Annotated[SignInAttempt, Depends(_current_attempt)]
