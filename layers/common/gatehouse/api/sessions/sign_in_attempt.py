"""A sign-in attempt, and what its browser remembers."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from gatehouse.accounts import PasswordCredentials
from gatehouse.accounts.flows import SignInAttempt
from gatehouse.http.authentication import CurrentClient
from gatehouse.http.proof_cookies import remembered_verification


async def _current_attempt(credentials: PasswordCredentials, client: CurrentClient, request: Request) -> SignInAttempt:
    return SignInAttempt(
        credentials=credentials, client=client, verified_user=partial(remembered_verification, request)
    )


CurrentSignInAttempt = Annotated[SignInAttempt, Depends(_current_attempt)]
