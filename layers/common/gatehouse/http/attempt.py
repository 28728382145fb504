"""Somebody who wants to sign in, and whether they did before on this device."""

from typing import Annotated

from fastapi import Depends, Request

from gatehouse.accounts import Attempt, Credentials, address
from gatehouse.http.cookies import knows_device
from gatehouse.http.people import CurrentClient


async def _current_attempt(given: Credentials, client: CurrentClient, request: Request) -> Attempt:
    return Attempt(given=given, client=client, known_device=knows_device(request, address(given.email)))


CurrentAttempt = Annotated[Attempt, Depends(_current_attempt)]
