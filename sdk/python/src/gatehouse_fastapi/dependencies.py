"""Dependencies of routes: `user: CurrentUser`, or `user: OptionalUser` where anonymous callers are allowed."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from gatehouse_fastapi.gatehouse import Gatehouse
from gatehouse_fastapi.openapi import ByBearer, ByCookie
from gatehouse_fastapi.refusals import MissingToken
from gatehouse_fastapi.user import User


async def optional_user(connection: HTTPConnection, _bearer: ByBearer, _cookie: ByCookie) -> User | None:
    """Return the caller, None for a request without credentials; raises a Refusal for invalid ones.

    This is the one to override in tests of an app: `current_user` depends on it.
    """
    gatehouse = getattr(connection.scope["app"].state, "gatehouse", None)
    if not isinstance(gatehouse, Gatehouse):
        raise RuntimeError('No Gatehouse is installed on this app: Gatehouse("https://…").install(app)')  # noqa: TRY004 -- there is none, rather than one of a wrong type
    return await gatehouse.user(connection)


async def current_user(user: Annotated[User | None, Depends(optional_user)]) -> User:
    """Return the caller; raises MissingToken without credentials, and what `optional_user` raises."""
    if user is None:
        raise MissingToken
    return user


CurrentUser = Annotated[User, Depends(current_user)]
OptionalUser = Annotated[User | None, Depends(optional_user)]
