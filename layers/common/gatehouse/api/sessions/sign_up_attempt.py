"""A sign-up, and what its browser remembers."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from gatehouse.accounts import NewAccount
from gatehouse.accounts.flows import SignUpAttempt
from gatehouse.http.authentication import CurrentClient
from gatehouse.http.proof_cookies import remembered_sign_up


async def _current_attempt(new: NewAccount, client: CurrentClient, request: Request) -> SignUpAttempt:
    return SignUpAttempt(new=new, client=client, previous_id=partial(remembered_sign_up, request))


CurrentSignUpAttempt = Annotated[SignUpAttempt, Depends(_current_attempt)]
