"""GET, HEAD /api/auth/picture/{user_id}/{picture_id} -- send a user's picture."""

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from gatehouse.accounts.pictures import find_picture
from gatehouse.api.accounts.pictures import picture_response
from gatehouse.http import AccessPolicy, lambda_handler

router = APIRouter()


@router.head("/api/auth/picture/{user_id}/{picture_id}")
@router.get("/api/auth/picture/{user_id}/{picture_id}")
async def send_picture(user_id: str, picture_id: str, if_none_match: Annotated[str, Header()] = "") -> Response:
    return picture_response(find_picture(user_id, picture_id), if_none_match)


handler = lambda_handler(router, AccessPolicy(public=True))
