"""POST /api/auth/sign-out -- end the session and delete its cookies."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from gatehouse.api.sessions.sign_out import end_sessions
from gatehouse.api_model import StatusBody
from gatehouse.http import AccessPolicy, clear_session, lambda_handler

router = APIRouter()


@router.post("/api/auth/sign-out")
@router.post("/api/auth/signout")
@router.post("/api/auth/logout")
async def sign_out(request: Request, response: Response, sent: Annotated[Any, Body()] = None) -> StatusBody:
    end_sessions(request, sent)
    clear_session(request, response)
    response.headers["clear-site-data"] = '"cache"'
    return {"success": True}


handler = lambda_handler(router, AccessPolicy(public=True, admits_access_tokens=True, verifies_cookies=True))
