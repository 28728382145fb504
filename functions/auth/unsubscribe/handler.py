"""POST /api/auth/unsubscribe -- end task reminders by the one-click link of a digest; GET redirects to a page."""

from fastapi import APIRouter, Request, Response

from gatehouse.accounts import unsubscribing
from gatehouse.api.accounts.mailed_links import redirect_to_page
from gatehouse.api_model import StatusBody
from gatehouse.http import AccessPolicy, lambda_handler

router = APIRouter()


@router.post("/api/auth/unsubscribe")
async def unsubscribe(token: str) -> StatusBody:
    unsubscribing.unsubscribe(token)
    return {"status": True}


@router.get("/api/auth/unsubscribe")
async def follow_link(request: Request, token: str) -> Response:
    return redirect_to_page(request, "/unsubscribe", token=token)


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True, allow_cross_site=True))
