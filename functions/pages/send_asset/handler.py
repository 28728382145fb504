"""GET, HEAD /auth/assets/{name} -- serve the pages' script and style sheet, and the sign-in button."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.pages import asset_response, button_response
from gatehouse.site import check_hosted

router = APIRouter(include_in_schema=False, dependencies=[Depends(check_hosted)])


@router.head("/auth/assets/{name}")
@router.get("/auth/assets/{name}")
async def send_asset(name: str, request: Request) -> Response:
    return asset_response(name, request)


@router.head("/auth/button.js")
@router.get("/auth/button.js")
async def send_button(request: Request) -> Response:
    return button_response(request)


handler = lambda_handler(router, AccessPolicy(public=True, serves_pages=True))
