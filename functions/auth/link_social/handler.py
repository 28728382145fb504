"""POST /api/auth/link-social -- one more way in for the user who is signed in: an account at a provider."""

from fastapi import APIRouter, Request, Response

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.social import Asked, Linked, SentOn, link_at_once, send_on

router = APIRouter()


@router.post("/api/auth/link-social")
async def link_social(asked: Asked, user: CurrentUser, request: Request, response: Response) -> SentOn | Linked:
    if asked.id_token:
        return link_at_once(asked.provider, asked.id_token, user.session)
    return send_on(request, response, asked, user.session)


handler = lambda_handler(router, holds_secret=True)
