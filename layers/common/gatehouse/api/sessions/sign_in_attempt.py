"""A sign-in attempt, and whether it comes from a known device."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from gatehouse.accounts import PasswordCredentials
from gatehouse.accounts.flows import SignInAttempt
from gatehouse.http.authentication import CurrentClient
from gatehouse.http.known_device import is_known_device


async def _current_attempt(credentials: PasswordCredentials, client: CurrentClient, request: Request) -> SignInAttempt:
    return SignInAttempt(credentials=credentials, client=client, is_known_device=partial(is_known_device, request))


CurrentSignInAttempt = Annotated[SignInAttempt, Depends(_current_attempt)]
