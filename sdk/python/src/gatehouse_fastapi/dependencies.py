"""What a route asks for: `user: CurrentUser`, or `user: OptionalUser` where strangers are welcome."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from gatehouse_fastapi.documenting import ByBearer, ByCookie
from gatehouse_fastapi.gatehouse import Gatehouse
from gatehouse_fastapi.refusals import MissingToken
from gatehouse_fastapi.user import User


async def optional_user(connection: HTTPConnection, _bearer: ByBearer, _cookie: ByCookie) -> User | None:
    """Who is calling, None for who shows nothing; raises a Refusal for who shows something that is not good.

    This is the one to override in tests of an app: `current_user` asks it, too.
    """
    gatehouse = getattr(connection.scope["app"].state, "gatehouse", None)
    if not isinstance(gatehouse, Gatehouse):
        raise RuntimeError('No Gatehouse is installed on this app: Gatehouse("https://…").install(app)')  # noqa: TRY004 -- not of a wrong type: of none
    return await gatehouse.user(connection)


async def current_user(user: Annotated[User | None, Depends(optional_user)]) -> User:
    """Who is calling; raises MissingToken for who shows nothing, and what `optional_user` raises."""
    if user is None:
        raise MissingToken
    return user


CurrentUser = Annotated[User, Depends(current_user)]
OptionalUser = Annotated[User | None, Depends(optional_user)]
