"""A sign-in attempt, and whether it comes from a known device."""

from typing import Annotated

from fastapi import Depends, Request

from gatehouse.accounts import PasswordCredentials
from gatehouse.accounts.flows import SignInAttempt, parse_address
from gatehouse.http.authentication import CurrentClient
from gatehouse.http.known_device import is_known_device


async def _current_attempt(credentials: PasswordCredentials, client: CurrentClient, request: Request) -> SignInAttempt:
    return SignInAttempt(
        credentials=credentials, client=client, known_device=is_known_device(request, parse_address(credentials.email))
    )


CurrentSignInAttempt = Annotated[SignInAttempt, Depends(_current_attempt)]
